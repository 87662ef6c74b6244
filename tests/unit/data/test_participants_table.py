import pytest

from murmur.data.participants_table import read_table
from murmur.errors import BadInput


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Return a function that reads a table given as text."""
    monkeypatch.chdir(tmp_path)

    def read(text):
        (tmp_path / "people").write_text(text)
        return read_table("people")

    return read


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_names_of_columns_and_units_as_laboratories_write_them(read, delimiter):
    header = ["Mouse ID", "Animal", "Group", "SEX", "BW [g]", "Tibia length (cm)", "HR (1/min)", "Litter no.", "Room"]
    cells = ["M1_d7", "M1", "sham", "F", "24.5", "1.75", "480", "3", "B"]
    (row,) = read(f"{delimiter.join(header)}\n{delimiter.join(cells)}\n")
    assert (row.mouse, row.animal, row.session, row.reason) == ("M1_d7", "M1", "", "")
    assert row.values == {
        "group": "sham",
        "sex": "female",
        "litter": "3",
        "body_weight_g": 24.5,
        "tibia_length_mm": 17.5,
        "heart_rate_bpm": 480.0,
        "Room": "B",
    }
    assert row.names["BW [g]"] == "body_weight_g"


def test_decimal_commas_and_missing_values(read):
    rows = read("mouse;weight;age;code\nM1;24,5;8,5;007\nM2;n/a;NA;08\nM3;;9;1\n")
    assert [row.values for row in rows] == [
        {"body_weight_g": 24.5, "age": 8.5, "code": "007"},
        {"code": "08"},
        {"age": 9, "code": 1},
    ]


def test_day_names_the_session_unless_another_column_does(read):
    rows = read("animal\tDay\nA\t0\nA\t28\n")
    assert [row.session for row in rows] == ["day 0", "day 28"]
    assert rows[1].values == {"Day": 28}, "the number remains, for example as a covariate"
    (row,) = read("participant_id\tsession_id\tday\nsub-1\tses-base\t0\n")
    assert (row.animal, row.session) == ("sub-1", "base")


def test_group_may_be_called_na(read):
    assert read("mouse\tgroup\nM1\tNA\n")[0].values == {"group": "NA"}


@pytest.mark.parametrize(
    ("cell", "why", "reason"),
    [
        ("", "", ""),
        ("no", "", ""),
        ("0", "", ""),
        ("motion", "", "motion"),
        ("yes", "died", "died"),
        ("", "died", "died"),
    ],
)
def test_exclusion(read, cell, why, reason):
    assert read(f"mouse\texcluded\texclusion reason\nM1\t{cell}\t{why}\n")[0].reason == reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\tgroup\nM1\tsham\n", "people: found the columns name, group, expected mouse .* or animal; add one"),
        ("mouse\tBW\tweight\nM1\t1\t2\n", "found the columns BW and weight, expected one for body_weight_g"),
        ("mouse\tBW\nM1\t24 g\n", "people, line 2: found '24 g' as BW, expected a number above 0"),
        ("mouse\tBW\nM1\t0\n", "found '0' as BW, expected a number above 0"),
        ("mouse\tBW\nM1\t1.024,5\n", "found '1.024,5' as BW, expected a number"),
        ("mouse\tBW\tage\nM1\t24,5\t8\nM2\t23\t8.5\n", "line 2: found '24,5' as BW, but '8.5' as age in line 3"),
        ("mouse\tgroup\nM1\t2026-03-01\n", "line 2: found the date '2026-03-01' as group, expected the group"),
        ("mouse\tsession\nM1\t2026-03-01\n", "expected a name that animals share, such as day 7"),
        ("mouse\texcluded\nM1\tyes\n", "line 2: found 'yes' as excluded, expected the reason"),
        ("mouse\tgroup\n\tsham\n", "line 2: found no mouse, expected one"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(read, text, words):
    with pytest.raises(BadInput, match=words) as error:
        read(text)
    assert "\n" not in str(error.value)
