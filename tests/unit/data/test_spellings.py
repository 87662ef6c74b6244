import pytest

from murmur.data.spellings import two_spellings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sham", "Sham"),
        ("TAC 1w", "tac-1W"),
        ("day 7", "Day7"),
        ("sham", "shamm"),
        ("female", "fmale"),
        ("male", "mael"),
        ("Vehicle", "vehicel"),
        ("baseline", "basline"),
    ],
)
def test_one_name_in_two_spellings(one, other):
    assert two_spellings([one, "other", other, one]) == [(one, other)]


DIFFERENT = ["male", "female", "day 7", "day -7", "day 14", "Cre+", "Cre-", "Cre", "+/+", "+/-", "-/-", "TAC", "HFpEF"]
DIFFERENT += ["HFrEF", "HFmrEF", "AngI", "AngII", "treated", "untreated", "drugA", "drugB", "pre", "post", "KO", "WT"]
DIFFERENT += [
    "week 1-2",
    "week 12",
    "typical",
    "atypical",
    "responder",
    "nonresponder",
    "sham 1",
    "sham 2",
    "dcm",
    "icm",
]


def test_different_names():
    assert two_spellings(DIFFERENT) == []


def test_names_of_mice_differ_by_a_letter():
    assert two_spellings(["mouse", "mousa", "mous", "Mouse"], slips=False) == [("mouse", "Mouse")]
