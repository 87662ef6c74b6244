import math

import pytest

import import_measurements
from murmur.csv_tables import read_csv
from murmur.data import measurement_table
from murmur.errors import BadInput


def write(tmp_path, *rows, header="mouse,metric,unit,reference,dl"):
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
        ("M1,EDV,mL,1,2", "line 2: found the metric 'EDV' in 'mL'"),
        ("M1,LVEDV,uL,1,2", "'LVEDV'"),
        ("M1,EDV,uL,1,2.3.4", "found '2.3.4' as dl"),
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
        measurement_table.readers(write(tmp_path, header="mouse,metric,unit,reference"))


def test_name_of_a_reader_can_name_a_folder(tmp_path):
    for header in (
        '"",mouse,metric,unit,reference,dl',
        "mouse,metric,unit,reference,a/b",
        "mouse,metric,unit,reference,dl ",
    ):
        path = tmp_path / f"{len(header)}.csv"
        path.write_text(header + "\n")
        with pytest.raises(BadInput, match="rename or remove it"):
            measurement_table.readers(str(path))


def test_other_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("mouse,metric,unit,reference,dl\nM1,EDV,µL,1,2\n".encode("cp1252"))
    with pytest.raises(BadInput, match="save it again as 'CSV UTF-8'"):
        measurement_table.readers(str(path))
