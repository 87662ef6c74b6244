"""Bad and odd tables of participants (TSV) and of the split (CSV)."""

import datetime

import pytest

from corpus import Case, Finished, Noted, Right, check, stops
from good_study import MICE, Place
from written_tables import excel, text, workbook


def participants(content):
    return text(content, "participants.tsv")


def split(content, name="split.csv"):
    """Give the cohort a split from a file."""

    def spoil(place):
        text(content, name)(place)
        place.cohort["split"] = {"file": name}

    return spoil


def drawn(train=1, validation=1, test=2, **more):
    """Give the cohort a split to be drawn."""

    def spoil(place):
        place.cohort["split"] = {"train": train, "validation": validation, "test": test, **more}

    return spoil


def slip(place: Place) -> None:
    participants("mouse\tgroup\nG1\tsham\nG2\tshamm\nG3\tTAC\nBad\tTAC\n")(place)


def slip_in_control(place: Place) -> None:
    slip(place)
    place.study["comparison"] = {"treatment": {"control": "sham"}}


PEOPLE = r"participants\.tsv: found "
ROWS = "".join(f"{mouse}\tsham\n" for mouse in MICE)


def phenotypes_are(**known):
    def holds(results: Finished) -> None:
        for mouse, phenotype in known.items():
            assert results.mouse(mouse).phenotype == phenotype

    return Right(holds, noted="participants|phenotype")


FOLDER = [
    Case(
        "S05_participants_twice",
        participants(f"mouse\tphenotype\n{ROWS}G1\tTAC\n"),
        stops("planning", r"participants\.tsv, line 6: found G1 twice"),
    ),
    Case(
        "S06_split_file_two_sets",
        split("mouse,split\nG1,train\nG2,test\nG3,validation\nBad,test\nG1,test\n"),
        stops("planning", r"split\.csv: found G1 in both train and test"),
    ),
    Case(
        "S20_participants_comma",
        participants("mouse,phenotype\n" + ROWS.replace("\t", ",")),
        phenotypes_are(G1="sham"),
    ),
    Case(
        "S21_participants_no_column",
        participants("Name\tGroup\nG1\tsham\n"),
        stops("planning", PEOPLE + "the columns Name, Group"),
    ),
    Case(
        "S22_participants_case",
        participants("mouse\tphenotype\ng1\tsham\ng2\tTAC\n"),
        stops("planning", PEOPLE + "g1, g2"),
    ),
    Case(
        "S23_participants_latin1",
        lambda place: (place / "participants.tsv").write_bytes("mouse\tphenotype\nG1\tµ\n".encode("latin-1")),
        stops("planning", PEOPLE + "text that is not UTF-8"),
    ),
    Case(
        "S41_split_semicolon",
        split("mouse;split\nG1;train\n"),
        stops("planning", r"split\.csv: found .*(commas|semicolons)"),
    ),
    Case(
        "S53_split_unknown_mouse",
        split("mouse,split\nG1,train\nG2,test\nG3,validation\nBad,test\nG4,test\n"),
        stops("planning", r"split\.csv: found G4, expected only mice of the cohort"),
    ),
    Case(
        "S55_participants_unlisted",
        participants("mouse\tphenotype\nG1\tsham\nG22\tTAC\nBad\tTAC\n"),
        Noted("G22", mouse=".*"),
    ),
    Case(
        "P25_groups_in_two_spellings",
        participants("mouse\tgroup\nG1\tsham\nG2\tSham\nG3\tTAC\nBad\tTAC\n"),
        Noted(r"two spellings of a group: sham and Sham in participants\.tsv", ""),
    ),
    Case("P26_slip_in_a_group", slip, Noted("two spellings of a group: sham and shamm", "")),
    Case("P27_slip_in_the_control", slip_in_control, stops("planning", "control: found the groups 'sham' and 'shamm'")),
    Case(
        "P28_sessions_in_two_spellings",
        participants("mouse\tanimal\tsession\nG1\tA\tbaseline\nG2\tA\tday 7\nG3\tB\tBaseline\nBad\tB\tDay7\n"),
        Noted("two spellings of a session: Day7 and day 7, baseline and Baseline", ""),
    ),
    Case(
        "P29_slip_in_a_sex",
        participants("mouse\tsex\nG1\tf\nG2\tfmale\nG3\tm\nBad\tm\n"),
        Noted("two spellings of a sex: female and fmale", ""),
    ),
    Case(
        "P30_broken_formula",
        participants("mouse\tgroup\nG1\tsham\nG2\t#REF!\nG3\tTAC\nBad\tTAC\n"),
        stops("planning", r"participants\.tsv, line 3: found '#REF!' as group"),
    ),
    # more
    Case(
        "P02_bom_and_windows_lines",
        participants("\ufeffmouse\tphenotype\r\n" + ROWS.replace("\n", "\r\n")),
        phenotypes_are(G1="sham", Bad="sham"),
    ),
    Case(
        "P03_more_columns",
        participants("sex\tmouse\tphenotype\n" + "".join(f"F\t{m}\tTAC\n" for m in MICE)),
        phenotypes_are(G1="TAC", Bad="TAC"),
    ),
    Case(
        "P04_blank_around",
        participants("mouse\tphenotype\n" + "".join(f" {m} \t TAC \n" for m in MICE)),
        phenotypes_are(G1="TAC", Bad="TAC"),
    ),
    Case(
        "P15_semicolons_and_decimal_commas",
        participants("Mouse;Group;BW [g]\n" + "".join(f"{m};TAC;24,5\n" for m in MICE)),
        phenotypes_are(G1="TAC"),
    ),
    Case("P16_workbook", workbook([["mouse", "group"], *([m, "TAC"] for m in MICE)]), phenotypes_are(Bad="TAC")),
    Case(
        "P17_formula",
        workbook([["mouse", "ratio"], *([m, "=1/2"] for m in MICE)]),
        stops("planning", r"participants\.tsv, cell B2: found a formula"),
    ),
    Case(
        "P18_date_as_group",
        workbook([["mouse", "group"], *([m, datetime.date(2026, 3, 1)] for m in MICE)]),
        stops("planning", r"participants\.tsv, line 2: found the date '2026-03-01' as group"),
    ),
    Case(
        "P19_no_number",
        participants("mouse\tweight\n" + "".join(f"{m}\t24 g\n" for m in MICE)),
        stops("planning", r"participants\.tsv, line 2: found '24 g' as weight"),
    ),
    Case(
        "P20_decimal_marks",
        participants("mouse\tBW\nG1\t24,5\nG2\t24.5\n"),
        stops("planning", r"participants\.tsv, line 2: found '24,5' as BW, but '24.5' as BW in line 3"),
    ),
    Case(
        "P21_two_sexes",
        participants("mouse\tanimal\tsession\tsex\nG1\tA\t1\tf\nG2\tA\t2\tm\n"),
        stops("planning", PEOPLE + "the sex female and male of A"),
    ),
    Case(
        "P22_session_twice",
        participants("mouse\tanimal\tsession\nG1\tA\t1\nG2\tA\t1\n"),
        stops("planning", PEOPLE + "G1 and G2 of A in the session 1"),
    ),
    Case(
        "P23_excluded_without_reason",
        participants("mouse\texcluded\nG1\tyes\n"),
        stops("planning", r"participants\.tsv, line 2: found 'yes' as excluded, expected the reason"),
    ),
    Case("P24_no_row", participants("mouse\tsex\nG1\tf\nG2\tf\nG3\tm\n"), Noted("no row for Bad", mouse=".*")),
    Case("P05_empty", participants(""), stops("planning", PEOPLE + "no rows below the header")),
    Case("P06_header_only", participants("mouse\tphenotype\n"), stops("planning", PEOPLE + "no ")),
    Case("P07_excel", lambda place: excel(place, "participants.tsv"), stops("planning", PEOPLE + ".*Excel")),
    Case(
        "P08_no_mouse",
        participants(f"mouse\tphenotype\n{ROWS}\tTAC\n"),
        stops("planning", r"participants\.tsv.*found no mouse"),
    ),
    Case(
        "P09_decomposed_umlaut",
        lambda place: (
            (place / "mice/Bad.h5").rename(place / "mice/Mäuschen.h5"),
            (place / "observer/Bad.h5").rename(place / "observer/Mäuschen.h5"),
            participants("mouse\tphenotype\nMa\u0308uschen\tTAC\nG1\tsham\nG2\tsham\nG3\tsham\n")(place),
        ),
        phenotypes_are(**{"Mäuschen": "TAC"}),
    ),
    Case(
        "P10_dangling_link",
        lambda place: ((place / "participants.tsv").unlink(), (place / "participants.tsv").symlink_to("nowhere")),
        stops("planning", r"participants: found no file 'participants\.tsv'"),
    ),
    Case(
        "P11_split_capital",
        split("mouse,split\nG1,Train\nG2,test\nG3,validation\nBad,test\n"),
        stops("planning", r"split\.csv: found the split 'Train' .*; did you mean 'train'"),
    ),
    Case(
        "P12_split_missing_mouse",
        split("mouse,split\nG1,train\nG2,test\nG3,validation\n"),
        stops("planning", r"split\.csv: found no row for Bad"),
    ),
    Case("P13_split_row_twice", split("mouse,split\nG1,train\nG2,test\nG3,validation\nBad,test\nBad,test\n"), Right()),
    Case("P14_split_empty", split(""), stops("planning", r"split\.csv: found the columns none")),
]


@pytest.mark.parametrize("case", FOLDER, ids=lambda case: case.name)
def test_table_of_participants_or_split(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
