import numpy as np
import pytest
import yaml

from murmur.data.published_dataset import CHECKSUMS, INFLOW_MICE, read_checksums
from murmur.data.split import read_split
from murmur.errors import BadInput
from murmur.study.study import Study

# As the study's public notebook prints them, each set in the order of its shuffle.
NOTEBOOK = {
    "train": """31 18 116 127 86 32 44 77 55 122 68 123 4 102 7 72 14 54 66 58 115 108 90 109 96 22 45 52 24 1 11 2 28
        120 42 84 62 112 51 119 21 40 69 126 38 94 107 129 41 121 88 124 70 98 3 103 43 48 17 26 130 113 95 13 59 105
        20 50 76 81 106 110 67 101 114 16 47 73 104 57 83 85 30 27 9 23 8 37 97 53""",
    "validation": "92 64 19 34 63 25 61 82 33 5 128 93 35 39 80",
    "test": "15 125 79 87 10 29 118 100 12 75 71 60 89 49 6 56 91 99 117 36 46 78 111 65 74",
}


@pytest.fixture
def paper(root):
    return yaml.safe_load((root / "config" / "paper.yaml").read_text())


def test_shipped_checksums_are_those_of_130_mice():
    checksums = read_checksums()
    assert set(checksums) == {f"Mouse{number}" for number in range(1, 131)}
    assert checksums["Mouse1"] == ("Data/Mouse1.h5", "822ea70ce0928a8f70889121da8d7c5280be3c08")
    assert len({digest for _, digest in checksums.values()}) == 130


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("822ea70ce", "822ea70", "'822ea700928a8f70889121da8d7c5280be3c08' for Data/Mouse1.h5, expected 40 hex digits"),
        ("Mouse2.h5", "Mouse1.h5", "found Mouse1 twice"),
        ("git_blob_sha1", "sha256", "add git_blob_sha1"),
    ],
)
def test_checksums_that_are_wrong_are_refused(tmp_path, old, new, words):
    (tmp_path / "sums.tsv").write_text(CHECKSUMS.read_text().replace(old, new))
    with pytest.raises(BadInput, match=words):
        read_checksums(tmp_path / "sums.tsv")


def test_study_of_the_paper(paper):
    study = Study(paper)
    study.check_mice()
    cohort = study.cohorts["mice"]
    assert cohort.mice[:3] == ["Mouse1", "Mouse2", "Mouse3"] and len(cohort.mice) == 130
    assert [len(cohort.mice_of(split)) for split in ("train", "validation", "test")] == [90, 15, 25]
    assert set(cohort.mice_of("train")) >= INFLOW_MICE == {"Mouse17", "Mouse48", "Mouse91", "Mouse125"}
    assert cohort.user_files("Mouse7") == []
    commit = "mrphys/Open-Source_Pre-Clinical_Segmentation/97252ef6bbb06cf255c438dae1375959ec4972a4"
    assert cohort.address("Mouse7") == f"https://raw.githubusercontent.com/{commit}/Data/Mouse7.h5"
    weights = study.readers["published"]
    assert weights.model == "results/published/readers/published/SEG459.h5"
    assert weights.download == {
        "address": f"https://media.githubusercontent.com/media/{commit}/ModelWeights/SEG459.h5",
        "bytes": 156_245_288,
        "sha256": "3aac032c3725e843736eb01595131bddd64d34bf12d5a02dba16b177048e0d92",
    }
    assert study.readers["unet3plus"].network["filters"] == [32, 64, 128, 256, 512]
    assert study.statistics["sd_ddof"] == 0
    assert study.paper == {"cohort": "mice", "reader": "unet3plus", "validation": 15, "seed": 42}


def test_split_of_the_notebook(root, paper):
    """NumPy's legacy generator, seed 42, shuffles the names in alphabetical order; 90, 15 and 25 in this order."""
    names = np.array(sorted(f"Mouse{number}" for number in range(1, 131)))
    np.random.RandomState(42).shuffle(names)
    sets = dict(zip(NOTEBOOK, np.split(names, [90, 105]), strict=True))
    assert {name: [f"Mouse{n}" for n in mice.split()] for name, mice in NOTEBOOK.items()} == {
        name: mice.tolist() for name, mice in sets.items()
    }
    file = root / "config" / "published" / "notebook_split.csv"
    found = read_split(str(file), [f"Mouse{number}" for number in range(1, 131)])
    assert found == {mouse: name for name, mice in sets.items() for mouse in mice}
    assert {mouse for mouse in INFLOW_MICE if found[mouse] == "test"} == {"Mouse91", "Mouse125"}
    paper["cohorts"]["mice"]["split"] = {"file": str(file)}
    assert Study(paper).cohorts["mice"].split == found


def test_copy_must_be_whole(paper, tmp_path):
    copy = tmp_path / "copy"
    source = paper["cohorts"]["mice"]["source"] = {"published": {"folder": str(copy)}}
    with pytest.raises(BadInput, match="cohorts.mice.source.published.folder: found no folder"):
        Study(paper)
    copy.mkdir()
    for number in range(1, 129):
        (copy / f"Mouse{number}.h5").touch()
    with pytest.raises(BadInput, match=r"found no Mouse129.h5, Mouse130.h5 in .* \(2 of 130 mice are missing\)"):
        Study(paper).check_mice()
    for number in (129, 130):
        (copy / f"Mouse{number}.h5").touch()
    study = Study(paper)
    study.check_mice()
    assert study.cohorts["mice"].user_files("Mouse7") == [str(copy / "Mouse7.h5")]
    source["published"]["address"] = "https://example.org"
    with pytest.raises(BadInput, match="found folder and address, expected one"):
        Study(paper)


def test_split_of_the_notebook_is_said_to_test_on_two_inflow_mice(paper, root):
    cohort = paper["cohorts"]["mice"]
    assert Study(paper).cohorts["mice"].split_note == ""
    cohort["split"] = {"file": str(root / "config" / "published" / "notebook_split.csv")}
    note = Study(paper).cohorts["mice"].split_note
    assert (
        "does not use all mice with inflow frames for training (Mouse91, Mouse125). As test mice (Mouse91, Mouse125),"
        in note
    )


def test_mirror(paper, tmp_path):
    sums = tmp_path / "sums.tsv"
    sums.write_text(f"file\tgit_blob_sha1\nmice/Mouse10.h5\t{'a' * 40}\nmice/Mouse9.h5\t{'B' * 40}\n")
    published = {"address": "https://example.org/", "checksums": str(sums)}
    cohort = {"source": {"published": published}}
    found = Study({"study": "s", "cohorts": {"c": cohort}}).cohorts["c"]
    assert found.mice == ["Mouse9", "Mouse10"]
    assert found.address("Mouse9") == "https://example.org/mice/Mouse9.h5"
    assert found.checksums["Mouse9"][1] == "b" * 40
    assert found.file("Mouse9") == "results/s/cohorts/c/mice/Mouse9.h5"


WEIGHTS = {"address": "https://example.org/a/net.h5?download=1", "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("section", "key", "value", "words"),
    [
        ("source", "published", False, "cohorts.mice.source.published: found false, expected true or a section"),
        ("source", "published", "yes", 'source.published: found "yes", expected true or false or a section'),
        ("source", "published", {"adress": "x"}, "did you mean 'address'?"),
        (
            "reader",
            "weights",
            WEIGHTS | {"sha256": "abc"},
            "readers.published.weights.sha256: found 'abc', expected 64",
        ),
        ("reader", "weights", WEIGHTS | {"address": "https://example.org"}, "expected the URL of a .h5 or .keras file"),
        ("reader", "weights", {"address": "x"}, "readers.published.weights: found no key sha256"),
        ("reader", "weights", "nowhere.h5", "readers.published.weights: found no file 'nowhere.h5'"),
    ],
)
def test_what_is_wrong_is_said(paper, section, key, value, words):
    sections = {"source": paper["cohorts"]["mice"]["source"], "reader": paper["readers"]["published"]}
    sections[section][key] = value
    with pytest.raises(BadInput) as error:
        Study(paper)
    assert words in str(error.value)


def test_weights_from_elsewhere(paper):
    paper["readers"]["published"]["weights"] = WEIGHTS
    reader = Study(paper).readers["published"]
    assert reader.model == "results/published/readers/published/net.h5"
    assert reader.download == WEIGHTS
