"""Bad and odd tables of measurements (CSV)."""

import pytest

from corpus import Case, Finished, Noted, Right, check, measured_rightly, stops
from good_study import Place, measurement_rows
from written_tables import excel, text


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


def replaced(old, new):
    """Replace text in the measurements."""
    return lambda place: (place / "numbers.csv").write_text((place / "numbers.csv").read_text().replace(old, new))


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


@pytest.mark.parametrize(
    "case", [Case(c.name, c.spoil, c.expected, "measurements") for c in MEASUREMENTS], ids=lambda c: c.name
)
def test_table_of_measurements(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
