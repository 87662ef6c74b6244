from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import check_cohort
import describe_cohort
import draw_split as draw_split_script
from murmur.data.manifest import read_manifest
from murmur.data.mouse_file import write_cine
from murmur.data.split import check_split, draw_folds, draw_split, inflow_note, read_split
from murmur.errors import BadInput

MICE = [f"Mouse{n}" for n in range(1, 131)]
PHENOTYPES = dict(zip(MICE, ["control"] * 39 + ["mi_patch"] * 11 + ["dcm"] * 51 + ["tac"] * 29, strict=True))
INFLOW = {"Mouse17", "Mouse48", "Mouse91", "Mouse125"}
NUMBERS = {"train": 90, "validation": 15, "test": 25}


def draw(mice=MICE, seed=42, **changes):
    return draw_split(
        mice,
        **{"phenotypes": PHENOTYPES, "inflow": INFLOW, "without_contours": set(), "numbers": NUMBERS} | changes,
        seed=seed,
    )


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


def test_folds_divide_animals_and_phenotypes_equally():
    for folds in (2, 5, 7):
        found = draw_folds(MICE, PHENOTYPES, folds, seed=3)
        assert set(found) == set(MICE) and set(found.values()) == set(range(1, folds + 1))
        for names in (MICE, *([m for m in MICE if PHENOTYPES[m] == which] for which in set(PHENOTYPES.values()))):
            sizes = Counter(found[mouse] for mouse in names)
            assert max(sizes.values()) - min(sizes[fold] for fold in range(1, folds + 1)) <= 1


def test_seed_of_folds_decides_and_order_does_not():
    folds = draw_folds(MICE, PHENOTYPES, 5, seed=1)
    assert folds == draw_folds(MICE[::-1], PHENOTYPES, 5, seed=1)
    assert folds != draw_folds(MICE, PHENOTYPES, 5, seed=2)
    assert set(draw_folds(["A", "B"], {}, 2, seed=1).values()) == {1, 2}
    with pytest.raises(BadInput, match="readers.net.folds: found 3 folds, expected at most 2, the number of training"):
        draw_folds(["A", "B"], {}, 3, seed=1, key="readers.net.folds")


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
        (["A,train", "B,test", "A,test"], "found A in both train and test"),
        (["A,train"], "no row for B"),
        (["A,train", "B,test", "C,test"], "found C"),
        (["A,train", "B,tset"], "'tset' for B"),
    ],
)
def test_file_that_does_not_fit_is_refused(tmp_path, rows, message):
    with pytest.raises(BadInput, match=message):
        read_split(write(tmp_path / "s.csv", *rows), ["A", "B"])


def test_mice_without_contours_are_test_mice():
    bare = {"Mouse3", "Mouse77"}
    assignment = draw(without_contours=bare)
    assert {assignment[mouse] for mouse in bare} == {"test"}
    assert Counter(assignment.values()) == NUMBERS
    with pytest.raises(BadInput, match="found 25 test mice, expected at least 26"):
        draw(without_contours=set(sorted(set(MICE) - INFLOW)[:26]))


DIGESTS = {"A": "aa", "B": "bb", "C": "cc", "D": "aa"}
KEY = "cohorts.mine.split"


def test_mouse_in_two_sets_is_refused():
    check_split([("A", "train"), ("B", "validation"), ("C", "test")], DIGESTS, KEY)
    with pytest.raises(BadInput, match=f"^{KEY}: found A in both train and test"):
        check_split([("A", "train"), ("B", "validation"), ("A", "test")], DIGESTS, KEY)
    with pytest.raises(BadInput, match=r"found D \(same file as A\) in both train and test"):
        check_split([("A", "train"), ("B", "validation"), ("D", "test")], DIGESTS, KEY)
    with pytest.raises(BadInput, match="no mouse in validation"):
        check_split([("A", "train"), ("C", "test")], DIGESTS, KEY)


def write_manifest(folder, inflow):
    """Mouse A has three annotated frames, the others two; returns the manifest of a cohort with `inflow` or without."""
    for name, frames in (("A", [0, 1, 2]), ("B", [0, 1]), ("C", [0, 1])):
        images = np.random.default_rng(ord(name)).integers(0, 99, (16, 16, 2, 4)).astype(np.uint16)
        masks = np.zeros(images.shape, np.uint8)
        for frame in frames:
            masks[: 9 - frame, :9, 0, frame], masks[9:12, :9, 0, frame] = 2, 1
        write_cine(folder / f"{name}.h5", images, masks, frames)
    names = [str(folder / f"{name}.h5") for name in "ABC"]
    checked, path = str(folder / "checked.csv"), str(folder / "manifest.csv")
    check_cohort.main(names, None, None, checked, threads=1, inflow=inflow)
    describe_cohort.main(checked, {"A": "x", "C": "y"}, {}, {}, path)
    return path


def test_drawn_split_meets_the_files(tmp_path, caplog):
    output, manifest = str(tmp_path / "split.csv"), write_manifest(tmp_path, inflow=True)
    good = {"A": "train", "B": "validation", "C": "test"}
    draw_split_script.main(manifest, good, is_drawn=True, trains=True, key="cohorts.mine.split", split=output)
    assert Path(output).read_text() == "mouse,split,phenotype\nA,train,x\nB,validation,\nC,test,y\n"
    bad = {"A": "test", "B": "validation", "C": "train"}
    with pytest.raises(
        BadInput, match=r"^cohorts.mine.split: found mice with inflow frames outside the training set \(A\)"
    ):
        draw_split_script.main(manifest, bad, is_drawn=True, trains=True, key="cohorts.mine.split", split=output)
    draw_split_script.main(manifest, bad, is_drawn=False, trains=True, key="cohorts.mine.split", split=output)
    assert "does not use all mice with inflow frames for training (A). As test mice (A), they" in caplog.text
    caplog.clear()
    draw_split_script.main(manifest, good, is_drawn=False, trains=True, key="cohorts.mine.split", split=output)
    assert "inflow" not in caplog.text


def test_other_annotated_frames_are_not_inflow(tmp_path, caplog):
    manifest = write_manifest(tmp_path, inflow=False)
    assert read_manifest(manifest)["A"].phases == {0: "ED", 1: "other", 2: "ES"}
    assert pd.read_csv(manifest)["inflow_frames"].isna().all()
    assert read_manifest(write_manifest(tmp_path, inflow=True))["A"].phases == {0: "ED", 1: "inflow", 2: "ES"}
    assignment = {"A": "test", "B": "validation", "C": "train"}
    output = str(tmp_path / "split.csv")
    manifest = write_manifest(tmp_path, inflow=False)
    draw_split_script.main(manifest, assignment, is_drawn=True, trains=True, key="cohorts.mine.split", split=output)
    assert pd.read_csv(output)["split"].tolist() == ["test", "validation", "train"]
    draw_split_script.main(manifest, assignment, is_drawn=False, trains=True, key="cohorts.mine.split", split=output)
    assert "inflow" not in caplog.text


def test_mouse_that_validates_is_not_said_to_be_tested():
    note = inflow_note({"A", "B"}, {"A": "validation", "B": "train", "C": "test"})
    assert note == "Note: the split file does not use all mice with inflow frames for training (A)."
