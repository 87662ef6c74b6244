"""Small cohorts of every kind, with a second observer and no network: folder, NIfTI, DICOM, Bruker, no contours."""

import gzip
import itertools
import shutil
import subprocess
import zipfile

import h5py
import nibabel
import numpy as np
import pandas as pd
import pytest

import bruker_files
import crate
import dicom_files
from murmur.audit.study import audit_file
from murmur.data.mouse_file import write_cine
from workplace import Workplace

SHAPE, SPACING = (64, 60, 4, 6), (0.2, 0.2, 1.0)
RADII = {0: 10, 1: 9, 2: 7, 3: 6, 4: 8, 5: 9}
FRAMES = [0, 3]
IDENTIFYING = {
    "PatientName": "Quillfeather^Orsolya", "PatientID": "QUILLFEATHER-17", "PatientBirthDate": "19871203",
    "StudyDate": "20240229", "SeriesDate": "20240229", "AcquisitionTime": "101736.2519", "StudyID": "QUILLFEATHER-18",
    "AccessionNumber": "QUILLFEATHER-19", "InstitutionName": "Quillfeather Clinic", "StationName": "QUILLFEATHER",
    "ReferringPhysicianName": "Quillfeather^R", "OperatorsName": "Quillfeather^O", "PatientComments": "quillfeather",
    "StudyDescription": "quillfeather", "SeriesDescription": "quillfeather", "ProtocolName": "quillfeather",
    "StudyInstanceUID": "1.2.77715.1", "SeriesInstanceUID": "1.2.77715.2",
}  # fmt: skip
IDENTIFYING_BRUKER = {
    "VisuSubjectName": "( 65 )\n<Quillfeather^Orsolya>", "VisuSubjectId": "( 65 )\n<QUILLFEATHER-17>",
    "VisuSubjectBirthDate": "( 9 )\n<19871203>", "VisuStudyDate": "( 21 )\n<10:17:36 20240229>",
    "VisuInstitution": "( 65 )\n<Quillfeather Clinic>", "VisuStudyId": "( 65 )\n<QUILLFEATHER-18>",
    "VisuSubjectComment": "( 65 )\n<quillfeather>", "VisuUid": "( 65 )\n<1.2.77715.1>",
}  # fmt: skip
IDENTIFIERS = ("quillfeather", "orsolya", "19871203", "20240229", "101736.25", "1.2.77715")
OF_FILES = ("featherquill", "ilona")  # in the names of the scanner's files, which .snakemake has, but no result


def rings(shift=0, shape=SHAPE):
    """Masks of a ring, its inner radius in pixels changing over the beat, in all slices but the first."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    distance = np.hypot(y - 32 - shift, x - 30)
    masks = np.zeros(shape, np.uint8)
    for frame, radius in RADII.items():
        plane = np.select([distance < radius, distance < radius + 5], [2, 1]).astype(np.uint8)
        masks[:, :, 1:, frame] = plane[:, :, None]
    return masks


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory):
    """The study of a folder, whole; with the same mice as NIfTI and DICOM files, their measurements and exports."""
    workplace = Workplace(tmp_path_factory.mktemp("cohorts"))
    rng = np.random.default_rng(0)
    place = workplace.folder
    (place / "nifti").mkdir()
    for number, mouse in enumerate(("A1", "A2", "A10", "B")):
        masks = rings(shift=number)
        images = (np.choose(masks, [100, 400, 900]) + rng.integers(0, 50, masks.shape)).astype(np.uint16)
        kept = masks.copy()
        kept[..., [f for f in RADII if f not in FRAMES]] = 0
        if mouse == "B":
            write_cine(place / "mice" / "B.h5", images)
        else:
            write_cine(place / "mice" / f"{mouse}.h5", images, kept, FRAMES)
            write_cine(place / "observer" / f"{mouse}.h5", masks=rings(shift=number + 1), frames=list(RADII))
        for slice_, frame in itertools.product(range(SHAPE[2]), range(SHAPE[3])) if mouse in ("A1", "A2") else []:
            pixels = images[:, :, slice_, frame]
            dicom_files.write_image(place / "scans" / mouse, slice_, frame, pixels=pixels, **IDENTIFYING)
        for file in (place / "scans" / mouse).glob("*.dcm"):
            file.rename(file.with_name(f"FEATHERQUILL_ILONA.MR.{file.stem}.IMA"))
        affine = np.diag([*SPACING, 1])
        image = nibabel.Nifti1Image(images.astype(np.int16), affine)
        image.header.set_zooms((*SPACING, 0.005))
        image.header.set_xyzt_units("mm", "sec")
        nibabel.save(image, place / "nifti" / f"{mouse}_4d.nii.gz")
        for frame in FRAMES if mouse != "B" else []:
            labels = np.choose(kept[..., frame], [0, 2, 3]).astype(np.uint8)
            nibabel.save(
                nibabel.Nifti1Image(labels, affine), place / "nifti" / f"{mouse}_frame{frame + 1:02d}_gt.nii.gz"
            )
    groups = [bruker_files.BEAT, bruker_files.SLICE]
    bruker_files.write_scan(place / "studies" / "C1" / "Featherquill_Ilona_1_1", 5, groups, **IDENTIFYING_BRUKER)
    masks = np.zeros(bruker_files.PATTERN.shape, np.uint8)
    masks[3:9, 3:8], masks[5:7, 4:6] = 1, 2
    write_cine(place / "observer" / "C1.h5", masks=masks, frames=list(RADII))
    (place / "people.tsv").write_text("mouse\tphenotype\tcage\nA1\tcontrol\t3\nA2\tdcm\t4\n")
    folder = {"source": {"folder": "mice"}, "spacing_mm": list(SPACING), "participants": "people.tsv"}
    nifti = {
        "source": {
            "nifti": "nifti",
            "images": "{mouse}_4d.nii.gz",
            "masks": "{mouse}_frame{frame}_gt.nii.gz",
            "labels": {"blood_pool": 3, "myocardium": 2},
        }
    }
    study = {
        "study": "kinds",
        "cohorts": {"folder": folder},
        "readers": {"observer": {"masks": "observer", "postprocess": "none"}},
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    study["cohorts"] |= {
        "nifti": nifti,
        "scanner": {"source": {"dicom": "scans"}},
        "bruker": {"source": {"bruker": "studies"}},
    }
    run = workplace.snakemake("--", "measurements", "scans", "export", study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    return workplace


def read(workplace, path):
    return pd.read_csv(workplace.results("kinds") / path)


def test_folder_and_nifti_are_measured_alike(cohorts):
    manifests = {name: read(cohorts, f"cohorts/{name}/manifest.csv") for name in ("folder", "nifti")}
    for manifest in manifests.values():
        assert manifest["mouse"].tolist() == ["A1", "A2", "A10", "B"]
        assert manifest["annotated_frames"].tolist()[:3] == ["0;3"] * 3
        assert pd.isna(manifest["annotated_frames"][3])
        np.testing.assert_allclose(manifest[["row_mm", "column_mm", "slice_mm"]], [SPACING] * 4)
        np.testing.assert_allclose(manifest["frame_interval_ms"], 5.0)
    assert manifests["folder"]["phenotype"].fillna("").tolist() == ["control", "dcm", "", ""]

    for table in ("overlap", "function"):
        folder, nifti = (read(cohorts, f"measurements/{name}/observer/{table}.csv") for name in ("folder", "nifti"))
        pd.testing.assert_frame_equal(folder, nifti)


def test_volumes_are_those_of_the_rings(cohorts):
    function = read(cohorts, "measurements/folder/observer/function.csv").set_index(["mouse", "metric"])
    voxel = np.prod(SPACING)
    ed, es = (int((rings()[..., frame] == 2).sum()) * voxel for frame in FRAMES)
    wall = int((rings()[..., 0] == 1).sum()) * voxel * 1.05
    for mouse in ("A1", "A2", "A10"):
        for column in ("reference", "reader"):
            assert function.loc[(mouse, "EDV"), column] == pytest.approx(ed)
            assert function.loc[(mouse, "ESV"), column] == pytest.approx(es)
            assert function.loc[(mouse, "mass_ED"), column] == pytest.approx(wall)
    # B has neither contours nor a file by the observer.
    assert function.loc["B", ["reference", "reader"]].isna().all().all()


def texts_of(folder):
    """The content of all files below a folder, unpacked where needed, in lower case, by their path."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        if path.suffix == ".pdf":
            content += subprocess.run(["pdftotext", "-q", path, "-"], capture_output=True, check=True).stdout
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                content += b"".join(map(archive.read, archive.namelist()))
        yield path, content.replace(b"\0", b"").decode("latin-1").lower()  # without the zeros of UTF-16


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_no_identifying_field_or_name_of_a_scan_is_in_any_file(cohorts, monkeypatch, root):
    """Results, a package of them, logs, records, the notes of the planner and those of Snakemake are searched."""
    assert all(any(word in value.lower() for word in IDENTIFIERS) for value in IDENTIFYING.values())
    assert all(any(word in value.lower() for word in IDENTIFIERS) for value in IDENTIFYING_BRUKER.values())
    results = cohorts.results("kinds")
    monkeypatch.chdir(cohorts.folder)
    measured = [f"results/kinds/measurements/{cohort}/observer/function.csv" for cohort in ("scanner", "bruker")]
    crate.main(measured, ["kinds.yaml"], {}, root, "abc", "results/kinds/ro-crate")
    searched = set()
    for path, text in texts_of(cohorts.folder):
        inside = path.relative_to(cohorts.folder)
        if inside.parts[0] in ("scans", "studies"):
            continue
        words = IDENTIFIERS + (OF_FILES if path.is_relative_to(results) else ())
        assert not [word for word in words if word in text or word in str(inside).lower()], inside
        searched |= {*inside.parts, *(word for word in ("a1", "c1") if word in text and path.suffix == ".pdf")}
    assert {".snakemake", "logs", "provenance", "measurements", "export", "scans", "tables", "figures"} <= searched
    assert {"a1", "c1", "ro-crate-metadata.json"} <= searched, "the text of PDF files and the package are read"
    export = results / "export" / "scanner" / "observer"
    assert (export / "A1" / "cine.nii.gz").is_file() and (export / "flagged.csv").is_file()
    assert read(cohorts, "scans/scanner/scans.csv")["taken"].tolist() == ["yes", "yes"]
    assert read(cohorts, "scans/bruker/scans.csv")["taken"].tolist() == ["yes"]


def test_audit_goes_from_a_mask_to_the_files_of_the_scanner(cohorts):
    """The files are found by their content, whatever their names, and one that has changed is missed."""
    results = cohorts.results("kinds")
    for cohort, mouse, kind in (("scanner", "A1", "dicom"), ("bruker", "C1", "bruker")):
        converted = results / "cohorts" / cohort / "mice" / f"{mouse}.h5"
        audit, _ = audit_file(converted, cohorts.folder / "results")
        path = converted.relative_to(cohorts.folder).as_posix()
        assert audit.verdict(path) == ("VERIFIED", [])
        assert len(audit.sources) == (24 if kind == "dicom" else 2)
        assert all("/sha256-" in source for source in audit.sources)
    manifest = results / "cohorts" / "scanner" / "manifest.csv"
    file = next((cohorts.folder / "scans" / "A2").glob("*_0_3.IMA"))
    content = file.read_bytes()
    file.write_bytes(content[:-2] + b"xx")
    audit, _ = audit_file(manifest, cohorts.folder / "results")
    verdict, reasons = audit.verdict(manifest.relative_to(cohorts.folder).as_posix())
    file.write_bytes(content)
    assert verdict == "BROKEN" and "scans/A2/sha256-" in reasons[0].sentence
    assert reasons[0].sentence.endswith(" is missing, or has changed.")


def test_masks_come_back_on_the_grid_of_the_images(cohorts):
    with h5py.File(cohorts.results("kinds") / "segmentations" / "nifti" / "observer" / "A2.h5") as file:
        np.testing.assert_array_equal(file["Masks"], rings(shift=2))
        assert file.attrs["reader"] == "observer"
        assert file.attrs["spacing_mm"].tolist() == pytest.approx(SPACING)


def test_file_that_is_not_as_it_must_be_is_named_before_anything_is_measured(workplace):
    rng = np.random.default_rng(0)
    for mouse, label in (("good", 2), ("bad", 5)):
        masks = np.zeros(SHAPE, np.uint8)
        masks[20:30, 20:30, 1, 0] = label
        write_cine(workplace.folder / "mice" / f"{mouse}.h5", rng.integers(0, 9, SHAPE).astype(np.uint16), masks, [0])
    study = {
        "study": "bad",
        "cohorts": {"mine": {"source": {"folder": "mice"}}},
        "readers": {"observer": {"masks": "mice"}},
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 1
    assert "mice/bad.h5: found the labels 5 in Masks, slice 2 of 4, expected 0 background, 1 myocardium" in run.output
    assert "Traceback" not in run.output.split("mice/bad.h5: found")[0]
    assert not (workplace.results("bad") / "segmentations").exists()
