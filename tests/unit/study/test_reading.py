import h5py
import numpy as np
import pytest

from murmur.data.mouse_file import write_cine
from murmur.files import sha256
from murmur.study import reading, sources, study
from murmur.study.reading import read_ahead, read_files


@pytest.fixture
def mice(tmp_path, monkeypatch):
    """Three mouse files without a list of frames, which all count as large, and an empty memory."""
    monkeypatch.chdir(tmp_path)
    for module in ("murmur.files", "murmur.study.reading"):
        monkeypatch.setattr(f"{module}.REMEMBERED_BYTES", 1)
    (tmp_path / "mice").mkdir()
    for number, frames in enumerate(([0], [0, 2], [0, 1, 2]), start=1):
        masks = np.zeros((4, 4, 2, 3), np.uint8)
        masks[1, 1, 0, frames] = 2
        write_cine(tmp_path / "mice" / f"M{number}.h5", np.ones(masks.shape, np.uint16), masks, frames)
        with h5py.File(tmp_path / "mice" / f"M{number}.h5", "a") as file:
            del file["Frames_with_ROI"]
    return [f"mice/M{number}.h5" for number in (1, 2, 3)]


def counted(function):
    """The function, and the list of the files that it read."""
    seen = []

    def read(path):
        seen.append(path)
        return function(path)

    return read, seen


def test_files_are_read_once_and_announced(mice, capsys):
    read, seen = counted(sha256)
    assert read_files(mice, "digest", read) == [sha256(path) for path in mice]
    assert seen == mice
    assert "Reading 3 mouse files to plan" in capsys.readouterr().err
    read_ahead(mice, "digest", read)
    assert len(read_files(mice, "digest", read)) == 3
    assert seen == mice
    assert capsys.readouterr().err == ""


def test_small_files_are_not_announced(mice, monkeypatch, capsys):
    monkeypatch.setattr(reading, "REMEMBERED_BYTES", 2**20)
    assert read_files(mice, "digest", sha256) == [sha256(path) for path in mice]
    assert capsys.readouterr().err == ""


SPLIT = {"train": 1, "validation": 1, "test": 1, "seed": 0}
STUDY = {"study": "s", "cohorts": {"c": {"source": {"folder": "mice"}, "split": SPLIT}}}


def test_split_over_masks_reads_each_mouse_once(mice, monkeypatch, capsys):
    read, seen = counted(sources.contoured_frames)
    monkeypatch.setattr(sources, "contoured_frames", read)
    assert sorted(study.Study(STUDY).cohorts["c"].split.values()) == ["test", "train", "validation"]
    assert "Reading 3 mouse files" in capsys.readouterr().err
    study.Study(STUDY).check_mice()
    assert seen == mice


def test_planning_reads_a_cohort_at_once_and_a_job_its_own_mouse(mice, monkeypatch):
    read, seen = counted(sha256)
    monkeypatch.setattr(study, "sha256", read)
    monkeypatch.setattr("murmur.files.sha256", read)
    job = study.Study(STUDY).content(mice[:1])
    assert seen == mice[:1]
    assert study.Study(STUDY, reads_ahead=True).content(mice[:1]) == job
    assert seen == mice, "the other two are read ahead"
    assert study.Study(STUDY).content(mice[1:]) != job
    assert seen == mice


def test_content_of_what_the_workflow_makes_does_not_count(mice):
    made = ["results/s/segmentations/c/r/M1.h5"]
    assert study.Study(STUDY).content(made) == study.Study(STUDY).content([])
