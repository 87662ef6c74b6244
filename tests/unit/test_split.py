from collections import Counter

import pytest

from murmur.errors import BadInput
from murmur.split import check_split, draw_split, read_split

MICE = [f"Mouse{n}" for n in range(1, 131)]
PHENOTYPES = dict(zip(MICE, ["control"] * 39 + ["mi_patch"] * 11 + ["dcm"] * 51 + ["tac"] * 29, strict=True))
INFLOW = {"Mouse17", "Mouse48", "Mouse91", "Mouse125"}
NUMBERS = {"train": 90, "validation": 15, "test": 25}


def draw(mice=MICE, seed=42, **changes):
    return draw_split(mice, **{"phenotypes": PHENOTYPES, "inflow": INFLOW, "numbers": NUMBERS} | changes, seed=seed)


def test_every_mouse_in_one_set_of_the_size_asked():
    assignment = draw()
    assert list(assignment) == MICE
    assert Counter(assignment.values()) == NUMBERS


def test_inflow_mice_train():
    for seed in range(20):
        assert {draw(seed=seed)[mouse] for mouse in INFLOW} == {"train"}


def test_stratified_by_phenotype():
    candidates = Counter(PHENOTYPES[mouse] for mouse in MICE if mouse not in INFLOW)
    for seed in range(20):
        assignment = draw(seed=seed)
        for split, wanted in (("test", 25), ("validation", 15)):
            found = Counter(PHENOTYPES[mouse] for mouse in MICE if assignment[mouse] == split)
            for phenotype, count in candidates.items():
                assert abs(found[phenotype] - wanted * count / 126) < 1.5


def test_seed_decides_and_order_does_not():
    assert draw() == draw()
    assert draw(seed=1) != draw(seed=2)
    assert draw(mice=list(reversed(MICE))) == draw()


def test_without_phenotypes():
    assert Counter(draw(phenotypes={}).values()) == NUMBERS


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(BadInput, match=r"90 \+ 15 \+ 26 = 131 mice, expected the cohort's 130"):
        draw(numbers=NUMBERS | {"test": 26})
    with pytest.raises(BadInput, match="at least 4"):
        draw(numbers={"train": 3, "validation": 2, "test": 125})


def write(path, *rows):
    path.write_text("\n".join(["mouse,split", *rows]) + "\n")
    return str(path)


def test_file_is_read(tmp_path):
    path = write(tmp_path / "s.csv", "B,test", "A,train", "C,validation")
    assert read_split(path, ["A", "B", "C"]) == {"A": "train", "B": "test", "C": "validation"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["A,train", "B,test", "A,test"], "found A in train and in test"),
        (["A,train"], "no row for B"),
        (["A,train", "B,test", "C,test"], "found C"),
        (["A,train", "B,tset"], "'tset' for B"),
    ],
)
def test_file_that_does_not_fit_is_refused(tmp_path, rows, message):
    with pytest.raises(BadInput, match=message):
        read_split(write(tmp_path / "s.csv", *rows), ["A", "B"])


def test_inflow_mouse_in_test_is_refused():
    check_split({"A": "train", "B": "validation", "C": "test"}, inflow={"A"})
    with pytest.raises(BadInput, match="inflow mice C"):
        check_split({"A": "train", "B": "validation", "C": "test"}, inflow={"C"})
    with pytest.raises(BadInput, match="no mouse in validation"):
        check_split({"A": "train", "C": "test"}, inflow=set())
