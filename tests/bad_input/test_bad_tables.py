"""Bad and odd tables: measurements (CSV), participants (TSV), split (CSV)."""

import datetime
import zipfile

import openpyxl
import pytest

from corpus import Case, Finished, Noted, Right, check, measured_rightly, stops
from good_study import MICE, Place, measurement_rows


def table(change=lambda rows: rows, separator=",", encoding="utf-8", end="\n", name="numbers.csv"):
    """Write the measurements again, with changed rows (header first) or in another format."""

    def spoil(place):
        rows = change(measurement_rows())
        rows = measurement_rows() if rows is None else rows
        (place / name).write_bytes("".join(separator.join(row) + end for row in rows).encode(encoding))

    return spoil


def cell(row, column, value):
    """Change one cell; rows and columns are counted from 0, and row 0 is the header."""

    def change(rows):
        rows[row][column] = value
        return rows

    return table(change)


def of_metric(metric, change):
    """Change all values of a metric."""

    def changed(rows):
        return [[*row[:3], *(change(float(v)) for v in row[3:])] if row[1] == metric else row for row in rows]

    return table(changed)


def without_column(number):
    return table(lambda rows: [[cell for place, cell in enumerate(row) if place != number] for row in rows])


def text(content, name="numbers.csv"):
    """Write the text or bytes of a table."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda place: (place / name).write_bytes(data)


def replaced(old, new):
    """Replace text in the measurements."""
    return lambda place: (place / "numbers.csv").write_text((place / "numbers.csv").read_text().replace(old, new))


def excel(place: Place, name: str = "numbers.csv") -> None:
    with zipfile.ZipFile(place / name, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr("xl/workbook.xml", "<workbook/>")
        file.writestr("xl/media.bin", bytes(range(128, 256)))


def workbook(rows: list[list], name: str = "participants.tsv"):
    """Write a table as a workbook, whatever its name."""

    def spoil(place: Place) -> None:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(place / name)

    return spoil


def wide(place: Place) -> None:
    (place / "numbers.csv").write_text("Mouse,Group,EDV,ESV,EF\nM1,sham,62.0,26.0,58.1\nM2,TAC,64,27,57.8\n")


def spaces(place: Place) -> None:
    rows = measurement_rows()
    (place / "numbers.csv").write_text("\n\n".join(", ".join(row) for row in rows) + "\n\n")


def mouse_is(name):
    def holds(results: Finished) -> None:
        assert results.of(name, reader="CVI42")["EDV"] == 62.0

    return Right(holds, noted=f"{name}|M1|participants")


def value_of(metric, value, reader="CVI42", column="reader"):
    def holds(results: Finished) -> None:
        assert results.of("M1", column, reader)[metric] == value

    return Right(holds)


def readers_are(*names):
    def holds(results: Finished) -> None:
        assert [reader for _, reader in results.function] == list(names)

    return Right(holds)


def mice_are(*names):
    def holds(results: Finished) -> None:
        assert list(results.function["mine", "CVI42"]["mouse"].unique()) == list(names)

    return Right(holds, noted="participants")


def only_ef(rows):
    return [row for row in rows if row[1] in ("metric", "EF")]


def header(*names):
    def change(rows):
        return [list(names), *rows[1:]]

    return table(change)


def copied(place: Place) -> None:
    table(lambda rows: [rows[0], *([*row[:4], row[3], row[5]] for row in rows[1:])])(place)


COLUMNS = r"numbers\.csv: found .*"
LINE = r"numbers\.csv, line \d+( and \d+ more)?: found "

MEASUREMENTS = [
    Case("C01_semicolon", table(separator=";"), Right()),
    Case(
        "C02_semicolon_decimal_comma",
        table(lambda rows: [[c.replace(".", ",") for c in row] for row in rows], ";"),
        Right(),
    ),
    Case("C03_bom", table(encoding="utf-8-sig"), Right()),
    Case("C04_no_unit", without_column(2), stops("planning", COLUMNS + "add unit")),
    Case(
        "C05_duplicated",
        table(lambda rows: [*rows, rows[3]]),
        stops("planning", "line 38: found a second row for SV of M1"),
    ),
    Case("C06_text", cell(7, 3, "n.d."), stops("planning", LINE + r"'n\.d\.' as reference, expected a number")),
    Case("C07_empty", text(""), stops("planning", r"numbers\.csv: found the columns none")),
    Case("C08_mL", replaced(",EDV,uL,62.0,", ",EDV,mL,0.062,"), value_of("EDV", 62.0, column="reference")),
    Case(
        "C08b_nL",
        replaced("uL", "nL"),
        stops(
            "planning",
            *(rf"line {n} and 5 more: found {m} in 'nL', expected" for n, m in enumerate(("EDV", "ESV", "SV"), 2)),
        ),
    ),
    Case("C09_header_only", table(lambda rows: rows[:1]), stops("planning", r"numbers\.csv: found no rows?")),
    Case("C10_wide", wide, stops("planning", r"numbers\.csv: found .*EDV, ESV, EF, expected mouse, metric, unit")),
    Case(
        "C11_metric_LVEF",
        replaced(",EF,", ",LVEF,"),
        stops("planning", LINE + "the metric 'LVEF', .*; did you mean 'EF'"),
    ),
    Case("C12_reader_space", cell(0, 5, "observer 2"), stops("planning", COLUMNS + "the column 'observer 2'")),
    Case(
        "C13_latin1_mu",
        lambda place: (place / "numbers.csv").write_bytes(
            (place / "numbers.csv").read_text().replace("uL", "µL").encode("latin-1")
        ),
        stops("planning", COLUMNS + "not UTF-8"),
    ),
    Case("C14_tabs", table(separator="\t"), Right()),
    Case(
        "C15_ragged_short",
        table(lambda rows: [*rows[:4], rows[4][:4], *rows[5:]]),
        stops("planning", r"numbers\.csv, line 5: found 4 cells, expected 6"),
    ),
    Case(
        "C15b_ragged_long",
        table(lambda rows: [*rows[:4], [*rows[4], "7"], *rows[5:]]),
        stops("planning", r"numbers\.csv, line 5: found 7 cells, expected 6"),
    ),
    Case("C16_xlsx", excel, stops("planning", COLUMNS + "Excel")),
    Case("C17_nan", cell(7, 3, "NaN"), stops("planning", LINE + "'NaN' as reference")),
    Case("C17b_dash", cell(7, 4, "-"), stops("planning", LINE + "'-' as CVI42")),
    Case(
        "C18_EF_fraction",
        of_metric("EF", lambda v: f"{v / 100:.4f}"),
        Noted(r"EF as a fraction: no EF above 1 in numbers\.csv", "", measured_rightly),
    ),
    Case("C18b_EF_mixed", cell(4, 3, "0.58"), stops("planning", LINE + r"EF 0\.58 and, in line")),
    Case("C19_negative", cell(1, 3, "-60"), Noted("negative value: EDV -60 µL by the reference", mouse="M1")),
    Case("C20_ESV_gt_EDV", cell(2, 3, "160"), Noted("ESV above EDV: ESV 160 µL", mouse="M1")),
    Case("C21_reader_named_note", cell(0, 5, "note"), readers_are("CVI42", "note")),
    Case("C22_one_mouse", table(lambda rows: rows[:7]), mice_are("M1")),
    Case("C23_mouse_leading_zero", replaced("M1,", "001,"), mouse_is("001")),
    Case(
        "C24_no_reader_column",
        table(lambda rows: [row[:4] for row in rows]),
        stops("planning", COLUMNS + "no reader column"),
    ),
    Case("C25_mouse_NA", replaced("M1,", "NA,"), mouse_is("NA")),
    Case("C26_blank_lines_spaces", spaces, Right()),
    Case(
        "C27_phenotype_NA_and_signs",
        text("mouse\tphenotype\nM1\tNA\nM2\t+/-\nM3\tα-MHC <x> & y\nM4\t1\nM5\tNA\nM6\t+/-\n", "participants.tsv"),
        Right(),
    ),
    Case("C28_reader_only_EF", table(only_ef), value_of("EF", 59.06)),
    Case(
        "C29_all_equal",
        table(lambda rows: [rows[0], *([*row[:3], *[row[3]] * 3] for row in rows[1:])]),
        Noted("same values as the reference: those of CVI42, observer2", "", value_of("EDV", 62.0).holds),
    ),
    # more
    Case("C30_decimal_comma_quoted", cell(1, 3, '"62,5"'), stops("planning", LINE + "'62,5' as reference")),
    Case("C31_thousands", cell(1, 3, '"1,062.5"'), stops("planning", LINE + "'1,062.5' as reference")),
    Case("C32_column_twice", cell(0, 5, "CVI42"), stops("planning", COLUMNS + "CVI42 twice")),
    Case(
        "C33_trailing_separator",
        table(lambda rows: [[*row, ""] for row in rows]),
        stops("planning", COLUMNS + "column ''"),
    ),
    Case("C34_no_mouse", cell(3, 0, ""), stops("planning", r"numbers\.csv, line 4: found .*mouse")),
    Case("C35_nul_byte", cell(3, 3, "3\x006"), stops("planning", r"numbers\.csv")),
    Case("C36_quote_not_closed", cell(3, 3, '"36'), stops("planning", r"numbers\.csv")),
    Case("C37_huge_cell", cell(3, 0, '"' + "M" * 200_000 + '"'), stops("planning", r"numbers\.csv")),
    Case("C38_old_mac_lines", table(end="\r"), Right()),
    Case("C39_windows_lines", table(end="\r\n"), Right()),
    Case("C40_utf16", table(encoding="utf-16"), stops("planning", COLUMNS + "not UTF-8")),
    Case("C41_infinite", cell(1, 4, "1e999"), stops("planning", LINE + "'1e999' as CVI42")),
    Case("C42_underscore", cell(1, 4, "6_2"), stops("planning", LINE + "'6_2' as CVI42")),
    Case("C43_mouse_trailing_space", cell(3, 0, "M1 "), mice_are("M1", "M2", "M3", "M4", "M5", "M6")),
    Case(
        "C44_metric_lower_case",
        replaced(",EDV,", ",edv,"),
        stops("planning", LINE + "the metric 'edv', .*; did you mean 'EDV'"),
    ),
    Case("C45_greek_mu", replaced("uL", "μL"), Right()),
    Case("C46_reader_up_a_folder", cell(0, 5, "../up"), stops("planning", COLUMNS + r"'\.\./up'")),
    Case(
        "C47_no_value_at_all",
        table(lambda rows: [rows[0], *([*row[:3], "", "", ""] for row in rows[1:])]),
        Noted("no values: only empty cells by", mouse=""),
    ),
    Case(
        "C48_EF_not_of_volumes",
        of_metric("EF", lambda v: f"{v / 3:.1f}"),
        Noted("EF not from EDV and ESV: ", mouse="M1"),
    ),
    Case(
        "C49_folder_instead",
        lambda place: ((place / "numbers.csv").unlink(), (place / "numbers.csv").mkdir()),
        stops("planning", "found no file 'numbers.csv'"),
    ),
    Case("C50_reader_reference2", cell(0, 4, "Reference"), readers_are("Reference", "observer2")),
    Case(
        "C51_mouse_in_lower_case",
        lambda place: (cell(1, 0, "m1")(place), place.cohort.pop("participants")),
        Noted("two spellings of a mouse: m1 and M1", ""),
    ),
    Case(
        "C52_row_of_means",
        table(lambda rows: [*rows, *(["Mean", *row[1:]] for row in rows[1:7])]),
        Noted(r"summaries among the mice: Mean in numbers\.csv", ""),
    ),
    Case("C53_capitals_in_header", header("Mouse", "METRIC", "Unit", "Reference", "CVI42", "observer2"), Right()),
    Case("C54_copy_of_the_reference", copied, Noted("same values as the reference: those of CVI42", "")),
    Case(
        "C55_several_bad_cells",
        table(lambda rows: [rows[0], [*rows[1][:3], "x", "y", "61"], [*rows[2][:5], "z"], *rows[3:]]),
        stops("planning", LINE + "'x' as reference", LINE + "'z' as observer2"),
    ),
    # participants of measurements
    Case(
        "P01_participants_unlisted",
        text("mouse\tphenotype\nM1\tsham\nM22\tTAC\n", "participants.tsv"),
        Noted("M22.*", mouse=".*"),
    ),
]


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


@pytest.mark.parametrize(
    "case", [Case(c.name, c.spoil, c.expected, "measurements") for c in MEASUREMENTS], ids=lambda c: c.name
)
def test_table_of_measurements(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)


@pytest.mark.parametrize("case", FOLDER, ids=lambda case: case.name)
def test_table_of_participants_or_split(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
