import h5py
import numpy as np
import pytest
import yaml

from murmur.data.corrections import Export
from murmur.data.mouse_file import write_cine
from murmur.data.nifti_writing import write_nifti
from murmur.errors import BadInput
from murmur.study.study import Study


@pytest.fixture
def demo(root):
    return yaml.safe_load((root / "config" / "demo.yaml").read_text())


def test_memory_to_train_the_published_network_is_what_it_took(demo):
    """13.5 GiB were measured for batches of 16 (benchmarks/README.md); the estimate lies above, by at most a fifth."""
    del demo["readers"]["unet3plus"]["network"]
    demo["readers"]["unet3plus"]["training"] = {"batch_size": 16}
    estimate = Study(demo).readers["unet3plus"].training_memory
    assert 13.5 * 1024 < estimate < 1.2 * 13.5 * 1024


def test_memory_to_train_counts_the_maps_of_each_level(demo):
    """Side 96 at the first level: 8, 16, ... maps of 96 x 96, 48 x 48, ... pixels, in batches of 8."""
    demo["readers"]["unet3plus"] = {
        "train_on": "internal",
        "network": {"filters": [8, 16, 32, 64, 128], "size": 192, "downsample": 2},
        "training": {"batch_size": 8},
    }
    values = 8 * 96**2 + 16 * 48**2 + 32 * 24**2 + 64 * 12**2 + 128 * 6**2
    assert Study(demo).readers["unet3plus"].training_memory == pytest.approx(2000 + 210e-6 * 8 * values)


def test_network_learns_from_the_mice_in_training_and_validation(demo):
    study = Study(demo)
    reader, cohort = study.readers["unet3plus"], study.cohorts["internal"]
    assert list(reader.learning_mice) == cohort.mice_of("train", "validation")
    assert all(cohort.split[mouse] == where for mouse, where in reader.learning_mice.items())
    assert reader.learning_files == [f"results/demo/cohorts/internal/mice/{m}.h5" for m in reader.learning_mice]
    assert reader.model == "results/demo/readers/unet3plus/model.keras"


def test_segmentations_follow_the_order_of_the_mice(demo):
    study = Study(demo)
    files = study.readers["unet3plus"].segmentations(study.cohorts["external_7T"])
    mice = study.cohorts["external_7T"].mice
    assert files == [f"results/demo/segmentations/external_7T/unet3plus/{mouse}.h5" for mouse in mice]


def test_mouse_without_a_file_of_masks_was_not_read(demo, tmp_path):
    for number in (1, 3):
        (tmp_path / f"Mouse{number}.h5").touch()
    demo["readers"] = {"observer": {"masks": str(tmp_path)}}
    study = Study(demo)
    found = study.readers["observer"].mask_files(study.cohorts["external_7T"])
    assert found == [str(tmp_path / "Mouse1.h5"), str(tmp_path / "Mouse3.h5")]


def test_weights_are_looked_into_when_planning(demo, tmp_path, monkeypatch):
    """A damaged network is found before Snakemake deletes the segmentations that it would replace."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.keras").write_bytes(b"PK\x03\x04 truncated")
    demo["readers"] = {"mine": {"weights": "m.keras"}}
    with pytest.raises(BadInput, match=r"^m.keras: found a truncated .keras file"):
        Study(demo).check_mice()
    demo["readers"] = {"mine": {"weights": "murmur"}}
    Study(demo).check_mice()
    checked = []
    monkeypatch.setattr("murmur.study.reader.check_weights", checked.append)
    Study(demo).check_mice()
    assert checked == [], "it is remembered"


def observed(folder, frames=(0, 1), **changes):
    """A study of three mice with 8 x 8 x 2 voxels and 2 frames, and a second observer's masks of the first two."""
    masks = np.zeros((8, 8, 2, 2), np.uint8)
    masks[2:5, 2:5] = 2
    for name in "ABC":
        write_cine(folder / "mice" / f"{name}.h5", np.arange(256, dtype=np.uint16).reshape(masks.shape))
    for name in "AB":
        write_cine(folder / "observer" / f"{name}.h5", masks=changes.get(name, masks), frames=list(frames))
    mice = {"mine": {"source": {"folder": "mice"}}}
    return {"study": "s", "cohorts": mice, "readers": {"observer": {"masks": "observer"}}}


BAD_MASKS = {
    "label": (np.full((8, 8, 2, 2), 3, np.uint8), "found the labels 3 in Masks, slice 1 of 2"),
    "shape": (np.zeros((8, 7, 2, 2), np.uint8), r"found Masks of shape \(8, 7, 2, 2\), expected \(8, 8, 2, 2\) as for"),
    "rank": (np.zeros((8, 8, 2, 1), np.uint8)[..., 0], r"found Masks of shape \(8, 8, 2\), expected 4 axes"),
}


@pytest.mark.parametrize(("masks", "words"), BAD_MASKS.values(), ids=BAD_MASKS)
def test_masks_are_checked_when_planning(tmp_path, monkeypatch, masks, words):
    """They are refused before Snakemake deletes the segmentations that they would replace."""
    monkeypatch.chdir(tmp_path)
    Study(observed(tmp_path)).check_mice()
    study = observed(tmp_path)
    with h5py.File("observer/A.h5", "a") as file:
        del file["Masks"]
        file["Masks"] = masks
    with pytest.raises(BadInput, match=f"^observer/A.h5: {words}"):
        Study(study).check_mice()


def test_masks_that_cannot_be_reached_or_are_of_other_mice_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = observed(tmp_path)
    (tmp_path / "observer" / "C.h5").symlink_to("elsewhere.h5")
    with pytest.raises(BadInput, match=r"observer/C.h5: found a link to 'elsewhere.h5'"):
        Study(study).check_mice()
    study["readers"]["observer"]["dataset"] = "Mask"
    (tmp_path / "observer" / "C.h5").unlink()
    with pytest.raises(BadInput, match=r"readers.observer.masks: found no Mask in 'observer' for any mouse"):
        Study(study).check_mice()
    for name in "AB":
        (tmp_path / "observer" / f"{name}.h5").rename(tmp_path / "observer" / f".{name}.h5")
    with pytest.raises(BadInput, match=r"readers.observer.masks: found no file \*.h5 in 'observer'"):
        Study(study)


def test_invalid_files_of_mice_and_readers_are_named_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = observed(tmp_path, B=BAD_MASKS["label"][0])
    (tmp_path / "mice" / "A.h5").write_text("no")
    study["readers"]["net"] = {"weights": "observer/A.h5"}
    with pytest.raises(BadInput) as error:
        Study(study).check_mice()
    assert [line.split(": ")[0] for line in str(error.value).splitlines()] == [
        "mice/A.h5",
        "observer/B.h5",
        "observer/A.h5",
    ]
    for number in range(30):
        (tmp_path / "mice" / f"D{number}.h5").write_text("no")
    with pytest.raises(BadInput) as error:
        Study(study).check_mice()
    assert str(error.value).splitlines()[20:] == ["13 more files are invalid; correct these first"]


@pytest.fixture
def reviewed(demo, tmp_path):
    """A study with a reviewed reader of the external cohort, and where its decisions and corrected masks are."""
    (tmp_path / "corrected" / "Mouse2").mkdir(parents=True)
    (tmp_path / "corrected" / "Mouse2" / "ED_mask.nii.gz").touch()
    table = tmp_path / "reviewed.csv"
    table.write_text("mouse,decision,comment\nMouse1,accept,\nMouse2,corrected,\nMouse3,exclude,ghosting\nMouse4,,\n")
    demo["readers"]["reviewed"] = {
        "corrects": "unet3plus",
        "cohorts": ["external_7T"],
        "corrections": str(tmp_path / "corrected"),
        "decisions": str(table),
    }
    return demo


def test_reviewed_reader_has_the_mice_that_were_accepted_or_corrected(reviewed, tmp_path):
    study = Study(reviewed)
    reader, cohort = study.readers["reviewed"], study.cohorts["external_7T"]
    assert reader.mice(cohort) == ["Mouse1", "Mouse2"]
    assert reader.corrections == {"Mouse2": [str(tmp_path / "corrected" / "Mouse2" / "ED_mask.nii.gz")]}
    assert reader.decisions["Mouse3"].comment == "ghosting"
    assert [reader.outcomes[f"Mouse{number}"] for number in (1, 2, 3, 4)] == [
        *("accepted", "corrected", "excluded: ghosting", "not reviewed")
    ]
    assert ("external_7T", "reviewed") in study.pairs(images=True)
    assert study.readers_compared("external_7T") == ["unet3plus"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"corrects": "unet"}, r"readers.reviewed.corrects: found 'unet'"),
        ({"cohorts": ["internal", "external_7T"]}, "found internal, external_7T, expected one cohort of the reader"),
        ({"corrections": None}, "found the decision 'corrected' for Mouse2, but no corrected masks"),
        ({"decisions": None, "corrections": None}, "found neither corrections nor decisions"),
    ],
)
def test_reviewed_reader_that_cannot_be_made(reviewed, change, sentence):
    reader = reviewed["readers"]["reviewed"] | change
    reviewed["readers"]["reviewed"] = {key: value for key, value in reader.items() if value is not None}
    with pytest.raises(BadInput, match=sentence):
        Study(reviewed).readers["reviewed"].check_files({})


def test_copy_of_the_export_that_was_not_edited_is_no_correction(reviewed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    masks = np.zeros((8, 8, 2, 3), np.uint8)
    Export.of("unet3plus", {"ED": 1, "ES": 2}, masks).write("corrected/Mouse2/exported.json")
    write_nifti(masks[..., 1], np.eye(4), None, "", "corrected/Mouse2/ED_mask.nii.gz")
    with pytest.raises(BadInput, match="found the decision 'corrected' for Mouse2, but no corrected masks"):
        Study(reviewed).readers["reviewed"].check_files({})
    reviewed["readers"]["reviewed"].pop("decisions")
    assert set(Study(reviewed).readers["reviewed"].outcomes.values()) == {"not changed"}
    write_nifti(masks[..., 1] + 1, np.eye(4), None, "", "corrected/Mouse2/ED_mask.nii.gz")
    assert Study(reviewed).readers["reviewed"].outcomes["Mouse2"] == "corrected"


def test_changed_corrections_are_read_before_a_job_replaces_masks(reviewed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = Study(reviewed)
    reader, cohort = study.readers["reviewed"], study.cohorts["external_7T"]
    base, own = (study.layout.segmentation(cohort.name, name, "Mouse2") for name in ("unet3plus", "reviewed"))
    masks, grid = np.zeros((8, 8, 2, 3), np.uint8), {"spacing_mm": (0.1, 0.1, 1.0)}
    write_cine(cohort.file("Mouse2"), images=masks + np.uint16(5), attributes=grid)
    write_cine(base, masks=masks, frames=[0, 1, 2], attributes=grid)
    reader.check_files({})  # the job finds that the file is empty, and nothing is lost
    write_cine(own, masks=masks, frames=[0, 1, 2], attributes=grid)
    reader.check_files({})  # as it was when the masks were made
    write_nifti(masks[..., 0] + 7, np.diag([0.1, 0.1, 1, 1]), None, "", "corrected/Mouse2/ED_mask.nii.gz")
    with pytest.raises(BadInput, match=r"ED_mask\.nii\.gz: found the label 7"):
        reader.check_files({})


@pytest.fixture
def team(demo):
    """A function that builds a study with three networks and an ensemble of them with these settings."""
    demo["readers"] |= {"murmur": {"weights": "murmur"}, "mirrored": {"weights": "murmur", "copies": "mirrored"}}

    def build(**settings):
        study = demo | {"readers": demo["readers"] | {"team": {"ensemble": ["unet3plus", "murmur"]} | settings}}
        return Study(study)

    return build


def test_ensemble_has_its_members_and_the_cohorts_of_all(team):
    study = team()
    reader = study.readers["team"]
    assert [member.name for member in reader.members] == ["unet3plus", "murmur"]
    assert reader.cohorts == ["internal", "external_7T"] and not reader.networks and not reader.chooses
    assert study.readers_compared("internal") == ["unet3plus", "murmur", "mirrored", "team"]
    reader.check_files(study.cohorts)


def test_choice_is_fitted_to_the_contoured_validation_mice(team):
    study = team(combine="best")
    reader = study.readers["team"]
    cohort, mice = reader.mice_of_choice
    assert reader.chooses and cohort.name == "internal"
    assert mice == study.cohorts["internal"].mice_of("validation")


def test_mean_is_that_of_the_networks(team):
    reader = team(combine="mean", copies="mirrored", ensemble=["murmur", "mirrored"]).readers["team"]
    assert [network.name for network in reader.networks] == ["murmur", "mirrored"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ensemble": ["unet3plus", "murmer"]}, "found 'murmer'.*murmur"),
        ({"ensemble": ["unet3plus", "team"]}, "readers.team.ensemble: found 'team'"),
        ({"ensemble": ["murmur"]}, "readers.team.ensemble: found 'murmur' only, expected at least two readers"),
        ({"copies": "mirrored"}, "found without combine: mean"),
        ({"combine": "mean"}, r"found unet3plus \(160 pixels\), murmur \(192 pixels\), expected networks for images"),
        ({"cohorts": ["elsewhere"]}, "elsewhere"),
    ],
)
def test_ensemble_that_cannot_be_made(team, settings, sentence):
    with pytest.raises(BadInput, match=sentence):
        team(**settings)


def test_masks_of_an_ensemble_must_be_those_of_all_its_mice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = observed(tmp_path)
    study["cohorts"]["mine"]["split"] = {"file": "split.csv"}
    (tmp_path / "split.csv").write_text("mouse,split\nA,train\nB,validation\nC,test\n")
    study["readers"] |= {"murmur": {"weights": "murmur"}}
    (name,) = (name for name, reader in study["readers"].items() if "masks" in reader)
    study["readers"] |= {"team": {"ensemble": [name, "murmur"], "mice": "all"}}
    with pytest.raises(BadInput, match=f"readers.team.ensemble: found '{name}', whose masks of A are not imported"):
        Study(study).check_mice()
    study["readers"][name]["mice"] = "all"
    Study(study).check_mice()
    study["readers"]["team"]["combine"] = "best"
    with pytest.raises(BadInput, match="readers.team.combine: found best, and as contoured validation mice 0 in mine"):
        Study(study).check_mice()


def test_given_network_has_its_settings_next_to_trained_ones(demo):
    demo["readers"] |= {"given": {"weights": "murmur"}, "later": {"weights": "published"}}
    origins = Study(demo).origins_of_networks()
    assert origins["unet3plus"] == {"trained_on": "internal", "start_from": ""}
    given = origins["given"]
    assert (given["trained_on"], given["start_from"], given["architecture"]) == ("", "given", "unet3plus")
    assert (given["size"], given["downsample"], len(given["filters"])) == (192, 2, 5)
    assert "size" not in origins["later"], "not known before the download"
    files = Study(demo).files_of_given_networks()
    assert list(files) == ["given"] and files["given"].endswith("models/murmur.keras"), "the published one is no .keras"
