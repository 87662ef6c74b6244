import pandas as pd

from murmur.csv_tables import as_labels, read_csv, write_csv


def test_numbers_survive_to_the_last_bit(tmp_path):
    values = [0.1 + 0.2, 1 / 3, 1e-300, 123456789.123456789, 2**-1074, float("nan")]
    write_csv(pd.DataFrame({"mouse": list("abcdef"), "value": values}), tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv")["value"]
    assert back[:5].tolist() == values[:5]
    assert pd.isna(back[5])


def test_mice_stay_text_and_missing_stays_missing(tmp_path):
    table = pd.DataFrame({"mouse": ["007", "NA"], "note": [None, "x"], "value": [None, 1.0]})
    write_csv(table, tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv")
    assert back["mouse"].tolist() == ["007", "NA"]
    assert (tmp_path / "t.csv").read_text() == "mouse,note,value\n007,,\nNA,x,1.0\n"


def test_labels_that_look_like_numbers_stay_text(tmp_path):
    labels = {"phenotype": ["0", "1"], "group_a": ["00", "0"], "reader": ["01", "1"], "better": ["1", None]}
    labels |= {"cohort": ["7", "9"], "trained_on": ["7", "07"]}
    write_csv(pd.DataFrame(labels | {"p": [0, 1]}), tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv")
    for name, values in labels.items():
        assert back[name].dropna().tolist() == [value for value in values if value is not None], name
    assert back["p"].tolist() == [0, 1]


def test_numbers_used_as_labels_keep_all_digits():
    given = pd.Series([1.0, 0.12345678, None, "day 7", 1234567.0], dtype=object)
    assert as_labels(given).to_list() == ["1", "0.12345678", "", "day 7", "1234567"]


def test_reader_next_to_reference_is_a_value(tmp_path):
    write_csv(pd.DataFrame({"mouse": ["1"], "reference": [2.5], "reader": [3.5]}), tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv")
    assert back["mouse"].tolist() == ["1"]
    assert (back["reader"] - back["reference"]).tolist() == [1.0]
