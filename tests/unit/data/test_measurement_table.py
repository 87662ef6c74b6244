import math

import pytest

import import_measurements
from murmur.csv_tables import read_csv
from murmur.data import measurement_table
from murmur.errors import BadInput


def write(tmp_path, *rows, header="mouse,metric,unit,reference,dl"):
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def test_numbers_come_through_unchanged(tmp_path):
    path = write(tmp_path, "M1,EDV,µL,46.0880,45.8630", "M1,EF,%,,51.5", "M2,EDV,uL,1e2,")
    import_measurements.main(path, "dl", str(tmp_path / "f.csv"))
    table = read_csv(tmp_path / "f.csv")
    assert table.columns.tolist() == ["mouse", "metric", "unit", "reference", "reader"]
    assert table.loc[0, ["unit", "reference", "reader"]].tolist() == ["uL", 46.088, 45.863]
    assert math.isnan(table.loc[1, "reference"])
    assert math.isnan(table.loc[2, "reader"])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("M1,EDV,mg,1,2", "line 2: found EDV in 'mg'"),
        ("M1,EF,mL,1,2", "line 2: found EF in 'mL'"),
        ("M1,LVEDV,uL,1,2", "'LVEDV'"),
        ("M1,EDV,uL,1,2.3.4", "found '2.3.4' as dl"),
        ("M1,EDV,uL,1,6_2", "found '6_2' as dl"),
        ('M1,EDV,uL,1,"62,5"', "found '62,5' as dl, expected a number or an empty cell; write decimals with a point"),
        ("M1,EDV,uL,1,n.d.", "leave the cell empty if the value is missing"),
        ("\nM1,EDV,uL,1", "line 3: found 4 cells, expected 5"),
        ("M1,EDV,uL,1,2,3", "line 2: found 6 cells, expected 5"),
        (",EDV,uL,1,2", "line 2: found no mouse"),
        ('M1,EDV,uL,1,"2', "found no readable table (unexpected end of data)"),
        ("", "found no rows below the header"),
        ("M1,EDV,uL,1,inf", "found 'inf' as dl, expected a number or an empty cell"),
        ("M1,EDV,uL,1,2\nM1,EDV,uL,3,4", "line 3: found a second row for EDV of M1 (first in line 2)"),
    ],
)
def test_bad_row_is_one_sentence(tmp_path, row, words):
    path = write(tmp_path, row)
    with pytest.raises(BadInput) as error:
        measurement_table.function(path, "dl")
    assert words in str(error.value)
    assert path in str(error.value)


def test_columns_are_checked(tmp_path):
    with pytest.raises(BadInput, match="add unit"):
        measurement_table.readers(write(tmp_path, header="mouse,metric,reference,dl"))
    with pytest.raises(BadInput, match="no reader column"):
        measurement_table.readers(write(tmp_path, "M1,EDV,uL,1", header="mouse,metric,unit,reference"))


def test_name_of_a_reader_can_name_a_folder(tmp_path):
    for header in (
        '"",mouse,metric,unit,reference,dl',
        "mouse,metric,unit,reference,a/b",
        "mouse,metric,unit,reference,d l",
    ):
        path = tmp_path / f"{len(header)}.csv"
        path.write_text(header + "\n" + "x," * header.count(",") + "x\n")
        with pytest.raises(BadInput, match="rename or remove it"):
            measurement_table.readers(str(path))


def test_other_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("mouse,metric,unit,reference,dl\nM1,EDV,µL,1,2\n".encode("cp1252"))
    with pytest.raises(BadInput, match="save it again as 'CSV UTF-8'"):
        measurement_table.readers(str(path))


def test_units_of_volume_and_mass_are_converted(tmp_path):
    rows = ["M1,EDV,mL,0.0625,0.05", "M1,ESV,ul,25,", "M1,SV,mm3,1,2", "M1,mass_ED,g,0.125,1", "M1,EF,%,50,51"]
    table = measurement_table.function(write(tmp_path, *rows), "dl").set_index("metric")
    assert table["unit"].tolist() == ["uL", "uL", "uL", "mg", "%"]
    assert table["reference"].tolist() == [62.5, 25, 1, 125, 50]


def test_spaces_and_blank_lines_do_not_matter(tmp_path):
    path = write(tmp_path, "", " M1 , EDV , uL , 1 , 2 ", "", header="mouse, metric, unit, reference, dl")
    assert measurement_table.readers(path) == ["dl"]
    assert measurement_table.function(path, "dl").values.tolist() == [["M1", "EDV", "uL", 1, 2]]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_semicolons_tabs_and_decimal_commas_are_understood(tmp_path, separator):
    rows = [
        ["mouse", "metric", "unit", "reference", "dl"],
        ["M,1", "EDV", "uL", "1,5", "2"],
        ["M2", "EDV", "uL", "", "0,25"],
    ]
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(separator.join(row) for row in rows))
    assert measurement_table.readers(str(path)) == ["dl"]
    found = measurement_table.function(str(path), "dl")
    assert found["mouse"].tolist() == ["M,1", "M2"]
    assert found[["reference", "reader"]].fillna(-1).to_numpy().tolist() == [[1.5, 2], [-1, 0.25]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"mouse;metric;unit;reference;dl\nM1;EDV;uL;1,5;2\nM2;EDV;uL;2;1.5\n",
            "line 2: found '1,5' as reference, but '1.5' as dl in line 3, expected one decimal mark",
        ),
        (b"mouse;metric;unit;reference;dl\nM1;EDV;uL;1.062,5;2\n", "line 2: found '1.062,5' as reference"),
        (b"mouse,metric,unit,reference,dl,dl\nM1,EDV,uL,1,2,3\n", "found the column dl twice"),
        (b"PK\x03\x04 and more", "found an Excel file, expected text; in Excel, save it as 'CSV UTF-8'"),
        ("mouse,metric,unit,reference,dl\nM1,EDV,uL,1,2".encode("utf-16"), "found text that is not UTF-8 but UTF-16"),
        (b"mouse,metric,unit,reference,dl\nM1,EDV,uL,\x00,2\n", "found"),
        (b'mouse,metric,unit,reference,dl\n"' + b"M" * 200_000 + b'",EDV,uL,1,2\n', "found no readable table"),
        (b"", "found the columns none"),
    ],
)
def test_other_kinds_of_tables_are_one_sentence(tmp_path, content, words):
    path = tmp_path / "numbers.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        measurement_table.function(str(path), "dl")
    assert words in str(error.value)
    assert len(str(error.value)) < 500


def cells(path, reader="dl"):
    """Reference and reader of each mouse and metric."""
    rows = measurement_table.function(path, reader).itertuples()
    return {(row.mouse, row.metric): (row.unit, row.reference, row.reader) for row in rows}


def test_missing_stroke_volume_and_ejection_fraction_are_computed(tmp_path):
    path = write(
        tmp_path, "A,EDV,mL,0.06,0.05", "A,ESV,uL,24,20", "A,EF,%,61,", "B,EDV,uL,60,0", "B,ESV,uL,,0", "C,EF,%,50,51"
    )
    found = cells(path)
    assert found["A", "SV"] == ("uL", 36, 30) and found["A", "EF"] == ("%", 61, 60)
    _, reference, reader = found["B", "SV"]
    assert math.isnan(reference) and reader == 0, "ESV of the reference is missing"
    assert ("B", "EF") not in found, "EDV of the reader is 0"
    assert found["C", "EF"] == ("%", 50, 51) and ("C", "SV") not in found
    assert measurement_table.notes(path) == [f"{path} lacks SV (2) and EF (1) of some mice, computed from EDV and ESV"]


def test_complete_values_are_not_touched(tmp_path):
    path = write(tmp_path, "A,EDV,uL,60,50", "A,ESV,uL,24,20", "A,SV,uL,30,31", "A,EF,%,52,53")
    assert cells(path)["A", "EF"] == ("%", 52, 53) and cells(path)["A", "SV"] == ("uL", 30, 31)
    assert measurement_table.notes(path) == []


@pytest.mark.parametrize("unit", ["%", "1", "fraction"])
def test_ejection_fraction_may_be_a_fraction(tmp_path, unit):
    path = write(tmp_path, f"A,EF,{unit},0.6,0.55", f"B,EF,{unit},,1", f"C,EF,{unit},0,-0.02")
    assert cells(path) == {
        ("A", "EF"): ("%", 60, pytest.approx(55)),
        ("B", "EF"): ("%", pytest.approx(math.nan, nan_ok=True), 100),
        ("C", "EF"): ("%", 0, -2),
    }
    assert measurement_table.gives_fractions(path) == (unit == "%")
    assert measurement_table.notes(path) == []


def test_fractions_and_percentages_are_not_mixed(tmp_path):
    path = write(tmp_path, "A,EDV,uL,0.6,0.5", "A,EF,%,58,", "B,EF,%,60,0.61")
    with pytest.raises(BadInput, match=r"line 4: found EF 0\.61 and, in line 3, 58, expected percentages in all rows"):
        measurement_table.function(path, "dl")
    with pytest.raises(BadInput, match="line 2: found an EF above 1 with the unit 'fraction', expected a fraction"):
        measurement_table.function(write(tmp_path / "other", "A,EF,fraction,0.6,55"), "dl")
