"""The study files of config/examples and the README, each on data of its kind, as far as no network is needed."""

import re
import shutil

import h5py
import numpy as np
import pytest
import yaml

import bruker_files
import check_cohort
import convert_bruker
import convert_dicom
import convert_nifti
import describe_cohort
import dicom_files
import import_measurements
from murmur.csv_tables import read_csv
from murmur.data.manifest import read_manifest
from murmur.data.measurement_table import function
from murmur.data.mouse_file import write_cine
from murmur.data.nifti import NiftiFolder
from murmur.data.reader_masks import read_masks
from murmur.errors import BadInput
from murmur.measurement.function import structure_volumes
from murmur.study.study import Study

SHAPE = (24, 20, 3, 4)


def labels():
    """Masks of two frames: 4 × 5 pixels of blood pool in 8 × 9 of myocardium in two slices, at ES 4 × 3."""
    masks = np.zeros(SHAPE, np.uint8)
    masks[6:14, 5:14, :2, [0, 2]] = 1
    masks[8:12, 7:12, :2, 0] = masks[8:12, 7:10, :2, 2] = 2
    return masks


def images():
    return np.random.default_rng(0).integers(1, 900, SHAPE).astype(np.uint16)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def example(root, name):
    study = Study(yaml.safe_load((root / "config" / "examples" / f"{name}.yaml").read_text(encoding="utf-8")))
    study.check_mice()
    return study


def manifest_of(cohort):
    """The manifest of a cohort, written as its rule does."""
    check_cohort.main(cohort.files, cohort.spacing_mm, cohort.frame_interval_ms, "checked.csv", threads=1)
    describe_cohort.main("checked.csv", cohort.phenotypes, {}, {}, "manifest.csv")
    return read_manifest("manifest.csv")


def blocks(root, language):
    """The blocks of code of one language in the README, without indentation."""
    text = (root / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def write_mice(folder, number, contoured=True):
    for n in range(1, number + 1):
        noise = np.random.default_rng(n).integers(1, 900, SHAPE).astype(np.uint16)
        write_cine(folder / f"Mouse{n}.h5", noise, labels() if contoured else None, [0, 2])


def test_own_mice(root, place):
    write_mice(place / "mice", 2, contoured=False)
    study = example(root, "own_mice")
    mice = manifest_of(study.cohorts["mine"])
    assert [mouse.annotated_frames for mouse in mice.values()] == [(), ()]
    assert study.readers["murmur"].model == str(root / "models" / "murmur.keras")


def test_nifti_with_the_labels_of_acdc(root, place):
    """The right ventricle is ignored, and neither structure is taken for another."""
    import nibabel

    (place / "images").mkdir()
    affine = np.diag([0.1, 0.1, 1.0, 1])
    image = nibabel.Nifti1Image(images(), affine)
    image.header.set_zooms((0.1, 0.1, 1.0, 5.0))
    image.header.set_xyzt_units("mm", "msec")
    nibabel.save(image, place / "images" / "Mouse1_4d.nii.gz")
    values = np.choose(labels(), [0, 2, 3]).astype(np.uint8)
    values[15:20, 5:14, :2] = 1
    for frame in (0, 2):
        nibabel.save(
            nibabel.Nifti1Image(values[..., frame], affine), place / "images" / f"Mouse1_frame{frame + 1:02d}_gt.nii.gz"
        )
    study = example(root, "nifti")
    cohort = study.cohorts["mine"]
    assert cohort.mice == ["Mouse1"]
    folder = NiftiFolder(**cohort.folder_settings)
    grid = (cohort.spacing_mm, cohort.frame_interval_ms)
    convert_nifti.main(folder, "Mouse1", cohort.file("Mouse1"), *grid, override_headers=False)
    mouse = manifest_of(cohort)["Mouse1"]
    assert (mouse.ed_frame, mouse.es_frame) == (0, 2)
    with h5py.File(cohort.file("Mouse1")) as file:
        np.testing.assert_array_equal(file["Masks"], labels())
        at_ed = structure_volumes(file["Masks"][..., 0], mouse.spacing_mm)
    assert at_ed == pytest.approx({"blood_pool": 4 * 5 * 2 * 0.01, "myocardium": (8 * 9 - 4 * 5) * 2 * 0.01})
    assert study.readers["murmur"].mice(cohort) == ["Mouse1"]


def test_dicom(root, place):
    dicom_files.write_cine(place / "scans" / "Mouse1")
    dicom_files.write_cine(place / "scans" / "Mouse2", slices=[0, 1, 3, 4])
    with pytest.raises(BadInput, match="Mouse2, .*: found 2.2 mm between the slices 2 and 3"):
        example(root, "dicom")
    (place / "scans" / "Mouse2").rename(place / "incomplete")
    (cohort,) = example(root, "dicom").cohorts.values()
    assert cohort.mice == ["Mouse1"] and len(cohort.user_files("Mouse1")) == dicom_files.SLICES * dicom_files.FRAMES
    assert cohort.participants["heart_rate_bpm"].tolist() == [60_000 / (dicom_files.FRAMES * dicom_files.INTERVAL_MS)]
    grid = (cohort.spacing_mm, cohort.frame_interval_ms, cohort.override_headers)
    convert_dicom.main(cohort.sessions["Mouse1"], cohort.user_files("Mouse1"), None, cohort.file("Mouse1"), *grid)
    mouse = manifest_of(cohort)["Mouse1"]
    assert mouse.shape == (dicom_files.ROWS, dicom_files.COLUMNS, dicom_files.SLICES, dicom_files.FRAMES)
    assert mouse.spacing_mm == pytest.approx((*dicom_files.PIXEL_MM, dicom_files.SLICE_MM))


def test_bruker(root, place):
    bruker_files.write_scan(place / "scans" / "Mouse1", 5, [bruker_files.BEAT, bruker_files.SLICE])
    (cohort,) = example(root, "bruker").cohorts.values()
    assert cohort.mice == ["Mouse1"] and len(cohort.user_files("Mouse1")) == 2
    assert cohort.participants["heart_rate_bpm"].tolist() == [60_000 / bruker_files.CYCLE_MS]
    choice = cohort.choice("Mouse1")
    arguments = (cohort.sessions["Mouse1"], cohort.user_files("Mouse1"), *choice.values(), cohort.file("Mouse1"))
    convert_bruker.main(*arguments, *cohort.grid)
    mouse = manifest_of(cohort)["Mouse1"]
    assert mouse.shape == (bruker_files.ROWS, bruker_files.COLUMNS, bruker_files.SLICES, bruker_files.FRAMES)
    assert mouse.spacing_mm == pytest.approx((*bruker_files.PIXEL_MM, bruker_files.SLICE_MM))


def test_second_observer(root, place):
    write_mice(place / "mice", 2)
    write_cine(place / "observer2" / "Mouse1.h5", masks=labels(), frames=[0, 2])
    study = example(root, "second_observer")
    cohort, observer = study.cohorts["mine"], study.readers["observer2"]
    mice = manifest_of(cohort)
    assert observer.mask_files(cohort) == ["observer2/Mouse1.h5"]
    masks, frames = read_masks("observer2/Mouse1.h5", observer.settings["dataset"], mice["Mouse1"].shape)
    assert frames == [0, 2]
    np.testing.assert_array_equal(masks, labels())


def test_network_trained_on_own_mice(root, place):
    write_mice(place / "mice", 40)
    study = example(root, "train_on_own_mice")
    cohort = study.cohorts["mine"]
    assert [len(cohort.mice_of(split)) for split in ("train", "validation", "test")] == [24, 6, 10]
    assert len(study.readers["unet3plus"].learning_mice) == 30


def test_network_trained_on_human_cines_is_a_start_for_trainings_on_mice(root, place):
    """The study of the example, then that of contours with the lines that are comments there."""
    write_mice(place / "humans", 30)
    study = example(root, "human_cine")
    assert study.settings["subject"] == "human"
    model = study.readers["human_cine"].model
    text = (root / "config" / "contours.yaml").read_text(encoding="utf-8")
    lines = re.sub(r"^  # (human_\w+:)", r"  \1", text, flags=re.MULTILINE)
    assert lines.count(model) == 1 and lines != text
    (place / model).parent.mkdir(parents=True)
    shutil.copy(root / "models" / "murmur.keras", place / model)  # of the same architecture
    readers = Study(yaml.safe_load(lines)).readers
    assert readers["human_cine"].network == study.readers["human_cine"].network == readers["scratch_3"].network
    for number in (1, 3, 10):
        found = readers[f"human_{number}"]
        assert found.start_files == [model] and found.training == readers[f"tuned_{number}"].training
        assert found.origin({}) == {"trained_on": "mice_7T", "start_from": "human_cine"}
        assert found.learning_mice == readers[f"tuned_{number}"].learning_mice
    assert readers["human_cine"].origin({})["start_from"] == "human_cine", "the first point of its line"


def test_measurements(root, monkeypatch, tmp_path):
    monkeypatch.chdir(root)
    study = example(root, "measurements")
    cohort = study.cohorts["numbers"]
    assert cohort.readers == ["software", "observer2"]
    for reader in cohort.readers:
        import_measurements.main(cohort.table, reader, str(tmp_path / "function.csv"))
        table = read_csv(tmp_path / "function.csv").set_index("metric")
        for column in ("reference", "reader"):
            found = {metric: table.loc[metric, column].to_numpy() for metric in ("EDV", "ESV", "SV", "EF")}
            np.testing.assert_allclose(found["EDV"] - found["ESV"], found["SV"], atol=0.06)
            np.testing.assert_allclose(100 * found["SV"] / found["EDV"], found["EF"], atol=0.06)


def test_all_examples_are_tested(root):
    names = {path.stem for path in (root / "config" / "examples").glob("*.yaml")}
    assert names == {
        "own_mice",
        "nifti",
        "second_observer",
        "train_on_own_mice",
        "measurements",
        "dicom",
        "bruker",
        "human_cine",
    }


def test_snippet_of_the_readme_writes_a_mouse_file_for_its_study_file(root, place):
    (place / "mice").mkdir()
    (snippet,) = blocks(root, "python")
    exec(snippet.replace("[0, 6]", "[0, 2]"), {"images": images(), "masks": labels()})
    study = Study(yaml.safe_load(blocks(root, "yaml")[0]))
    study.check_mice()
    mouse = manifest_of(study.cohorts["mine"])["Mouse1"]
    assert mouse.annotated_frames == (0, 2)
    assert mouse.spacing_mm == (0.1, 0.1, 1.0)
    assert (mouse.ed_frame, mouse.es_frame) == (0, 2)


def test_table_of_the_readme_is_read(root, place):
    (table,) = blocks(root, "csv")
    (place / "numbers.csv").write_text(table)
    assert function("numbers.csv", "software")["reader"].tolist() == [54.7, 54.2, 58.3]
    assert function("numbers.csv", "observer2")["reader"].isna().tolist() == [False, False, True]
    Study({"study": "s", "cohorts": {"numbers": {"source": {"measurements": "numbers.csv"}}}}).check_mice()
