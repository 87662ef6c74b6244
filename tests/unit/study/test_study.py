import copy
from collections import Counter

import h5py
import numpy as np
import pytest
import yaml

from murmur.data.mouse_file import write_cine
from murmur.errors import BadInput
from murmur.phantom.phenotypes import has_inflow_frames
from murmur.study.study import Study


@pytest.fixture
def demo(root):
    return yaml.safe_load((root / "config" / "demo.yaml").read_text())


def refused(config, *words):
    with pytest.raises(BadInput) as error:
        study = Study(config)
        for cohort in study.cohorts.values():
            _ = cohort.split
    for word in words:
        assert word in str(error.value)
    return str(error.value)


def test_demo_is_accepted_and_split_as_it_says(demo):
    study = Study(demo)
    internal = study.cohorts["internal"]
    assert [len(internal.mice_of(split)) for split in ("train", "validation", "test")] == [12, 4, 20]
    assert set(internal.mice) == set(internal.mice_of("train", "validation", "test"))
    for split, each in (("train", 3), ("validation", 1), ("test", 5)):
        counts = Counter(internal.phenotypes[mouse] for mouse in internal.mice_of(split))
        assert counts == dict.fromkeys(["control", "mi_patch", "dcm", "tac"], each)
    assert study.cohorts["external_7T"].mice_of("test") == [f"Mouse{n}" for n in range(1, 13)]


def test_inflow_mice_train(demo):
    assert has_inflow_frames(12)
    for seed in range(10):
        demo["cohorts"]["internal"]["split"]["seed"] = seed
        assert "Mouse13" in Study(demo).cohorts["internal"].mice_of("train")


def test_defaults_are_the_values_of_the_published_study(demo):
    del demo["readers"]["unet3plus"]["network"], demo["readers"]["unet3plus"]["training"]
    reader = Study(demo).readers["unet3plus"]
    assert reader.network == {
        "architecture": "unet3plus",
        "filters": [32, 64, 128, 256, 512],
        "size": 256,
        "downsample": 1,
        "dropout": 0.3,
    }
    assert reader.training["epochs"] == 200
    assert reader.training["patience"] == 25
    assert reader.training["batch_size"] == 16
    assert reader.training["learning_rate"] == 0.001


def test_network_that_ships_is_found_from_any_folder(demo, root, tmp_path, monkeypatch):
    """Inside the working directory by its relative path, so that records of two checkouts agree."""
    demo["readers"] = {"murmur": {"weights": "murmur"}, "former_name": {"weights": "phantom"}}
    monkeypatch.chdir(root)
    assert {reader.model for reader in Study(demo).readers.values()} == {"models/murmur.keras"}
    monkeypatch.chdir(tmp_path)
    assert {reader.model for reader in Study(demo).readers.values()} == {str(root / "models" / "murmur.keras")}


def test_study_does_not_change_what_it_is_given(demo):
    before = copy.deepcopy(demo)
    Study(demo)
    assert demo == before


def test_misspelt_key_names_the_nearest(demo):
    split = demo["cohorts"]["internal"]["split"]
    split["trian"] = split.pop("train")
    message = refused(demo, "cohorts.internal.split.trian", "unknown key", "did you mean 'train'?")
    assert "\n" not in message


def test_every_problem_is_one_line(demo):
    demo["reders"] = demo.pop("readers")
    demo["cohorts"]["internal"]["spacing_mm"] = [0.1, 0.1]
    assert len(refused(demo, "reders", "'readers'", "cohorts.internal.spacing_mm").splitlines()) == 2


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (["study"], "my study", ["study", '"my study"', "letters"]),
        (["cohorts"], {}, ["cohorts", "at least one"]),
        (["cohorts", "internal", "source", "phantom", "mice"], "20", ['found "20"', "expected a whole number"]),
        (["cohorts", "internal", "source", "phantom", "mice"], 0, ["found 0", "1 or more"]),
        (["cohorts", "internal", "spacing_mm"], [0.1, 0.1, -1], ["spacing_mm, number 3", "more than 0"]),
        (["cohorts", "internal", "source"], {}, ["cohorts.internal.source", "none", "exactly one"]),
        (["cohorts", "internal", "source"], {"folder": "nowhere"}, ["source.folder", "'nowhere'", "correct the path"]),
        (["cohorts", "internal", "split"], {"train": 3}, ["cohorts.internal.split", "no key validation or test"]),
        (["cohorts", "internal", "split", "train"], 13, ["13 + 4 + 20 = 37", "36"]),
        (["cohorts", "internal", "participants"], "none.tsv", ["participants", "none.tsv"]),
        (["readers", "unet3plus", "train_on"], "intrenal", ["train_on", "did you mean 'internal'?"]),
        (["readers", "unet3plus", "train_on"], "external_7T", ["without training mice"]),
        (["readers", "unet3plus", "network", "size"], 100, ["network.size", "100", "multiple of 32"]),
        (["readers", "unet3plus", "weights"], "w.keras", ["train_on and weights", "exactly one"]),
        (["readers", "unet3plus", "dataset"], "Masks", ["readers.unet3plus.dataset", "without masks"]),
        (["readers", "unet3plus", "cohorts"], ["inside"], ["readers.unet3plus.cohorts", "'inside'"]),
        (["readers", "unet3plus", "postprocess"], "nothing", ["largest_component, none"]),
        (["readers", "reference"], {"train_on": "internal"}, ["the name of the expert's masks", "rename"]),
        (["cohorts", "internal", "source", "phantom", "mice"], 20.0, ["found 20.0", "expected a whole number"]),
        (["cohorts", "internal", "source", "phantom", "mice"], {}, ["phantom.mice", "at least one"]),
        (["cohorts", "internal", "source", "phantom", "mice", "tca"], 3, ["mice.tca", "did you mean 'tac'?"]),
        (["cohorts", "internal", "split", "test"], 0, ["found 0", "1 or more"]),
        (["cohorts", "internal", "split", "file"], "s.csv", ["found train, validation, test, seed together with file"]),
        (["cohorts", 2023], {"source": {"phantom": {"mice": 1}}}, ["cohorts.2023", "put it in quotes"]),
        (
            ["cohorts", "internal", "source"],
            {"published": {"address": "data.example.org/x"}},
            [
                'cohorts.internal.source.published.address: found "data.example.org/x"',
                "starts with https:// or http://",
            ],
        ),
        (
            ["readers", "unet3plus"],
            {"weights": {"address": "file:///net.h5", "sha256": "0" * 64}},
            ['readers.unet3plus.weights.address: found "file:///net.h5"', "starts with https:// or http://"],
        ),
        (["statistics"], {"sd_ddof": 2}, ["statistics.sd_ddof", "found 2", "0, 1"]),
    ],
)
def test_what_is_wrong_is_said(demo, keys, value, words):
    section = demo
    for key in keys[:-1]:
        section = section[key]
    section[keys[-1]] = value
    refused(demo, *words)


def test_missing_key_is_named(demo):
    del demo["cohorts"]["internal"]["source"]
    refused(demo, "cohorts.internal", "no key source", "add source")


def test_folder_in_natural_order(demo, tmp_path):
    for name in ("Mouse10", "Mouse2", "Mouse1"):
        (tmp_path / f"{name}.h5").touch()
    demo["cohorts"] = {"mine": {"source": {"folder": str(tmp_path)}}}
    del demo["readers"]
    assert Study(demo).cohorts["mine"].mice == ["Mouse1", "Mouse2", "Mouse10"]


def test_empty_folder_is_refused(demo, tmp_path):
    demo["cohorts"] = {"mine": {"source": {"folder": str(tmp_path)}}}
    del demo["readers"]
    refused(demo, "found no file *.h5", str(tmp_path))


def test_reader_reads_test_mice_unless_told_otherwise(demo):
    study = Study(demo)
    assert len(study.readers["unet3plus"].mice(study.cohorts["internal"])) == 20
    demo["readers"]["unet3plus"]["mice"] = "all"
    study = Study(demo)
    assert len(study.readers["unet3plus"].mice(study.cohorts["internal"])) == 36


def test_everything_about_the_mice_is_checked_before_a_job_starts(demo, tmp_path):
    demo["cohorts"]["internal"]["participants"] = str(tmp_path / "p.tsv")
    (tmp_path / "p.tsv").write_text("name,phenotype\nMouse1,control\n")
    with pytest.raises(BadInput, match="found the columns name, phenotype, expected mouse"):
        Study(demo).check_mice()
    (tmp_path / "p.tsv").write_text("mouse\tphenotype\nmouse1\tcontrol\n")
    with pytest.raises(BadInput, match="found mouse1, ..., expected mice of the cohort"):
        Study(demo).check_mice()
    (tmp_path / "p.tsv").write_text("mouse\tphenotype\nMouse1\tcontrol\n")
    Study(demo).check_mice()


def test_mice_of_a_folder_are_split_by_what_is_contoured(demo, tmp_path):
    frames = {"A": [0, 2], "B": [0, 1, 2], "C": [], "D": [0, 1, 2], "E": [0, 1, 2]}
    for name, contoured in frames.items():
        images = np.ones((8, 8, 2, 3), np.uint16)
        masks = np.zeros(images.shape, np.uint8)
        masks[2:4, 2:4, 0, contoured] = 2
        write_cine(tmp_path / f"{name}.h5", images, masks if contoured else None, contoured)
    with h5py.File(tmp_path / "A.h5", "a") as file:
        del file["Frames_with_ROI"]
    demo["cohorts"] = {
        "internal": {"source": {"folder": f"{tmp_path}/"}, "split": {"train": 2, "validation": 1, "test": 2}}
    }
    study = Study(demo)
    cohort = study.cohorts["internal"]
    assert cohort.split["C"] == "test", "it has no contours; any number of contoured frames fixes no set"
    assert sorted(cohort.split.values()) == ["test", "test", "train", "train", "validation"]
    assert cohort.file("A") == str(tmp_path / "A.h5")
    demo["cohorts"]["internal"]["split"]["test"] = 3
    with pytest.raises(BadInput, match=r"^cohorts.internal.split: found 2 \+ 1 \+ 3 = 6 mice, .* or provide a table"):
        _ = Study(demo).cohorts["internal"].split
    demo["cohorts"]["internal"]["split"]["test"] = 2
    (tmp_path / "D.h5").write_text("no")
    with pytest.raises(BadInput, match="D.h5: found no readable HDF5 file"):
        Study(demo).check_mice()


def test_reader_without_a_mouse_to_read_is_refused(demo, tmp_path):
    split = tmp_path / "s.csv"
    split.write_text(
        "mouse,split\n" + "".join(f"Mouse{n},{'train' if n > 1 else 'validation'}\n" for n in range(1, 37))
    )
    demo["cohorts"]["internal"]["split"] = {"file": str(split)}
    with pytest.raises(BadInput, match="readers.unet3plus: found no test mouse in the cohort 'internal'"):
        Study(demo).check_mice()


def test_measurements_name_their_own_readers(demo, tmp_path):
    table = tmp_path / "numbers.csv"
    table.write_text("mouse,metric,unit,reference,software_a,software_b\nM1,EDV,uL,60,61,62\n")
    demo["cohorts"]["numbers"] = {"source": {"measurements": str(table)}}
    study = Study(demo)
    assert study.readers_of("numbers") == ["software_a", "software_b"]
    assert study.readers_of("internal") == ["unet3plus"]
    assert study.cohorts["numbers"].mice == ["M1"]


def test_names_in_statistics_and_paper_must_be_those_of_readers_and_cohorts(demo):
    def said(**sections):
        with pytest.raises(BadInput) as error:
            Study(demo | sections).check_mice()
        return str(error.value)

    assert "did you mean 'unet3plus'?" in said(statistics={"observers": ["unet3pluss"]})
    assert said(paper={"cohort": "inner", "reader": "unet3plus"}).startswith("paper.cohort: found 'inner'")
    assert said(paper={"cohort": "internal", "reader": "dl"}).startswith("paper.reader: found 'dl'")
    assert "paper: found no key reader" in said(paper={"cohort": "internal"})
    Study(demo | {"paper": {"cohort": "internal", "reader": "unet3plus"}}).check_mice()


def test_measurements_may_have_participants(tmp_path):
    (tmp_path / "numbers.csv").write_text("mouse,metric,unit,reference,dl\nA,EDV,uL,1,2\nB,EDV,uL,1,2\n")
    (tmp_path / "people.tsv").write_text("mouse\tphenotype\nB\tcontrol\n")
    cohort = {"source": {"measurements": str(tmp_path / "numbers.csv")}, "participants": str(tmp_path / "people.tsv")}
    assert Study({"study": "s", "cohorts": {"c": cohort}}).cohorts["c"].phenotypes == {"B": "control"}


@pytest.fixture
def mixed(demo, tmp_path):
    """The default study with a folder of one mouse, weights that ship, and a table of measurements."""
    masks = np.ones((4, 4, 2, 3), np.uint8)
    write_cine(tmp_path / "mice" / "A.h5", masks.astype(np.uint16), masks, [0, 2])
    (tmp_path / "table.csv").write_text("mouse,metric,unit,reference,tool,01\nA,EF,%,60,61,\nB,EF,%,50,51,52\n")
    demo["cohorts"]["own"] = {"source": {"folder": str(tmp_path / "mice")}}
    demo["cohorts"]["numbers"] = {"source": {"measurements": str(tmp_path / "table.csv")}}
    demo["readers"]["given"] = {"weights": "murmur", "cohorts": ["internal", "own"]}
    return Study(demo)


def test_questions_about_kinds(mixed):
    assert mixed.cohorts_from("phantom") == ["internal", "external_7T"]
    assert mixed.cohorts_from("folder", "measurements") == ["own", "numbers"]
    assert mixed.cohorts_with_images == ["internal", "external_7T", "own"]
    assert mixed.readers_by("weights") == ["given"]
    assert mixed.reader_names == ["01", "given", "tool", "unet3plus"]
    assert [mixed.trained_on(name) for name in ("unet3plus", "given", "tool")] == ["internal", None, None]


def test_mice_that_a_reader_is_measured_on(mixed):
    assert len(mixed.mice_read("internal", "unet3plus")) == len(mixed.mice_read("internal", "given")) == 20
    assert len(mixed.mice_read("internal", "reference")) == 36
    assert mixed.mice_read("numbers", "tool") == ["A", "B"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A,EF,%,61,,61", "a second row for EF of A"),
        ("B,LVEF,%,50,51,", "'LVEF'"),
        ("C,EF,%,50,n.d.,", "'n.d.' as tool"),
    ],
)
def test_cells_of_a_table_are_checked_when_planning(tmp_path, row, message):
    (tmp_path / "table.csv").write_text(f"mouse,metric,unit,reference,tool,01\nA,EF,%,60,61,\n{row}\n")
    study = Study({"study": "s", "cohorts": {"n": {"source": {"measurements": str(tmp_path / "table.csv")}}}})
    with pytest.raises(BadInput, match=f"table.csv, line 3: found .*{message}"):
        study.check_mice()


def test_pairs_of_cohort_and_reader(mixed):
    of_phantoms = [("internal", "unet3plus"), ("internal", "given"), ("external_7T", "unet3plus")]
    with_images = [*of_phantoms, ("own", "unet3plus"), ("own", "given")]
    assert mixed.pairs(images=True) == with_images
    assert mixed.pairs(phenotypes=True) == of_phantoms
    assert mixed.pairs() == [*with_images, ("numbers", "tool"), ("numbers", "01")]
    assert mixed.cohorts_of_several_readers == ["internal", "own", "numbers"]


def test_cohort_that_a_reader_was_trained_on_comes_first(demo):
    demo["cohorts"] = {"other": demo["cohorts"]["external_7T"], **demo["cohorts"]}
    demo["readers"]["given"] = {"weights": "murmur", "cohorts": ["other"]}
    pairs = Study(demo).pairs_across_cohorts()
    assert pairs == [("internal", "unet3plus"), ("other", "unet3plus"), ("external_7T", "unet3plus")]


def test_cohorts_on_which_a_network_was_trained_are_not_external_to_it(demo):
    demo["cohorts"]["external_7T"]["split"] = {"train": 4, "validation": 2, "test": 6}
    demo["cohorts"]["third"] = {"source": {"phantom": {"mice": 2, "seed": 5}}}
    both = {"train_on": ["external_7T", "internal"], "network": {"size": 64, "downsample": 1}}
    demo["readers"] = {
        "both": both,
        "tuned": {"train_on": "internal", "start_from": "both"},
        "best": {"select": {"from": ["tuned"]}},
    }
    pairs = Study(demo).pairs_across_cohorts()
    assert [cohort for cohort, reader in pairs if reader == "both"] == ["external_7T", "third"]
    assert [cohort for cohort, reader in pairs if reader == "tuned"] == ["internal", "third"]
    assert [cohort for cohort, reader in pairs if reader == "best"] == ["internal", "third"]
    del demo["cohorts"]["third"]
    assert Study(demo).pairs_across_cohorts() == [], "a network trained on all cohorts has no external one"


def test_selected_reader_is_one_of_the_others_where_these_are_compared(demo):
    net = {"train_on": "internal", "network": {"size": 64, "downsample": 1}}
    demo["readers"] = {
        "a": net | {"seeds": 2},
        "b": net | {"cohorts": ["internal"]},
        "best": {"select": {"from": ["b"]}},
    }
    study = Study(demo)
    assert study.selected_among("internal") == ["best"]
    assert study.selected_among("external_7T") == [], "its candidate does not segment this cohort"
    demo["readers"]["best"] = {"select": {"from": ["a"]}}
    assert Study(demo).selected_among("external_7T") == ["best"]


def test_mice_from_which_a_reader_learnt_are_known_where_it_segments_them(demo):
    net = {"train_on": "internal", "network": {"size": 64, "downsample": 1}, "mice": "all"}
    demo["readers"] = {
        "net": net,
        "tuned": net | {"start_from": "net"},
        "tested": net | {"mice": "test"},
        "best": {"select": {"from": ["net"]}, "mice": "all"},
        "given": {"weights": "murmur", "mice": "all"},
        "team": {"ensemble": ["given", "tuned"], "mice": "all"},
    }
    study = Study(demo)
    learnt = study.cohorts["internal"].mice_of("train", "validation")
    assert len(learnt) == 16
    found = {reader: study.mice_learnt("internal", [reader]) for reader in study.readers}
    assert found == {"net": learnt, "tuned": learnt, "tested": [], "best": learnt, "given": [], "team": learnt}
    assert study.mice_learnt("internal", ["tested", "given"]) == learnt, "the other reader segments them"
    assert study.mice_learnt("external_7T", study.readers) == []


def test_readers_of_one_cohort_or_not_of_their_own_are_not_compared_across(demo):
    demo["readers"]["unet3plus"]["cohorts"] = ["external_7T"]
    assert Study(demo).pairs_across_cohorts() == []


def test_files_of_the_user(mixed, tmp_path):
    own = str(tmp_path / "mice" / "A.h5")
    assert mixed.user_files(own) == [own] == mixed.cohorts["own"].user_files("A")
    assert mixed.user_files("results/demo/cohorts/internal/mice/Mouse1.h5") == []


def test_link_to_a_published_mouse_is_the_file_of_the_user(tmp_path):
    for number in range(1, 131):
        (tmp_path / f"Mouse{number}.h5").touch()
    study = Study({"study": "s", "cohorts": {"c": {"source": {"published": {"folder": str(tmp_path)}}}}})
    assert study.user_files("results/s/cohorts/c/mice/Mouse7.h5") == [str(tmp_path / "Mouse7.h5")]
    study = Study({"study": "s", "cohorts": {"c": {"source": {"published": True}}}})
    assert study.user_files("results/s/cohorts/c/mice/Mouse7.h5") == []


def test_paths_that_cannot_be_used_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mice", "{mice}"):
        (tmp_path / name).mkdir()

    def folder(name):
        return {"study": "s", "cohorts": {"c": {"source": {"folder": name}}}}

    write_cine(tmp_path / "mice" / "M{1}.h5", np.ones((8, 8, 2, 3), np.uint16))
    with pytest.raises(BadInput, match=r"'M\{1}': found the character '{' in the name"):
        Study(folder("mice")).check_mice()
    with pytest.raises(BadInput, match=r"cohorts.c.source.folder: '\{mice}': found the character '{' in the name"):
        Study(folder("{mice}"))
    with pytest.raises(BadInput, match="cohorts.c.source.folder: found no folder 'mouse'"):
        Study(folder("mouse"))

    def closed(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("murmur.study.checks.os.listdir", closed)
    with pytest.raises(BadInput, match="cohorts.c.source.folder: found the folder 'mice', but no permission"):
        Study(folder("mice"))


def test_mice_that_networks_of_another_cohort_learnt_from(demo):
    study = Study(demo)
    assert study.learnt_elsewhere("internal") == {}
    learnt = study.cohorts["internal"].mice_of("train", "validation")
    assert study.learnt_elsewhere("external_7T") == {"internal": learnt}
