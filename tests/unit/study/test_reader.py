import pytest
import yaml

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
