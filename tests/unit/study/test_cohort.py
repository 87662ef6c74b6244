import shutil
from functools import partial

import h5py
import numpy as np
import pytest

import dicom_files
from murmur.data import measurement_table
from murmur.data.mouse import check_mouse, describe
from murmur.data.mouse_file import write_cine
from murmur.data.nifti_writing import write_nifti
from murmur.errors import BadInput
from murmur.files import sha256
from murmur.phantom.corruption import KINDS, SEVERITIES
from murmur.provenance.record import inputs_of
from murmur.study import sources
from murmur.study.study import Study


def write_mouse(path, label=2):
    masks = np.zeros((8, 8, 2, 3), np.uint8)
    masks[2:4, 2:4, :, 0] = masks[2:4, 2, :, 2] = label
    images = np.arange(masks.size, dtype=np.uint16).reshape(masks.shape)
    write_cine(path, images, masks, [0, 2])


@pytest.fixture
def mice(tmp_path, monkeypatch):
    """A folder of five valid mice; returns a function that makes the study of it, with more keys of the cohort."""
    monkeypatch.chdir(tmp_path)
    for number in range(1, 6):
        write_mouse(tmp_path / "mice" / f"M{number}.h5")

    def study(**keys):
        found = Study({"study": "s", "cohorts": {"mine": {"source": {"folder": "mice"}} | keys}})
        found.check_mice()
        return found.cohorts["mine"]

    return study


def refused(study, **keys):
    with pytest.raises(BadInput) as error:
        study(**keys)
    return str(error.value).splitlines()


def test_excluded_mouse_is_in_no_list_of_mice(mice):
    cohort = mice(exclude={"M2": "motion"})
    assert cohort.mice == ["M1", "M3", "M4", "M5"]
    assert cohort.files == [f"mice/{mouse}.h5" for mouse in cohort.mice]
    assert list(cohort.split) == cohort.mice
    assert cohort.excluded == {"M2": "motion"}


def test_excluded_mouse_is_not_read(mice, tmp_path):
    (tmp_path / "mice" / "M2.h5").write_text("damaged")
    assert mice(exclude={"M2": "damaged"}).mice == ["M1", "M3", "M4", "M5"]


def test_excluded_mouse_that_does_not_exist_is_refused_with_the_nearest(mice):
    assert refused(mice, exclude={"M22": "motion"}) == [
        "cohorts.mine.exclude: found 'M22', expected a mouse of the cohort; did you mean 'M2'?"
    ]
    assert refused(mice, exclude={"M2": " "})[0].startswith('cohorts.mine.exclude.M2: found " ", expected text')
    assert "all 5 mice excluded" in refused(mice, exclude={f"M{n}": "motion" for n in range(1, 6)})[0]


def test_all_bad_files_are_named_at_once(mice, tmp_path):
    (tmp_path / "mice" / "M2.h5").write_text("damaged")
    (tmp_path / "mice" / "M4.h5").unlink()
    (tmp_path / "mice" / "M4.h5").symlink_to("/nowhere/M4.h5")
    lines = refused(mice)
    assert [line.split(":")[0] for line in lines] == ["mice/M2.h5", "mice/M4.h5"]
    assert "found a link to '/nowhere/M4.h5', which does not exist" in lines[1]


def test_bad_mouse_is_skipped_by_header_and_by_content(mice, tmp_path):
    write_mouse(tmp_path / "mice" / "M3.h5", label=3)
    assert "M3" in mice().mice, "its header is valid"
    (tmp_path / "mice" / "M2.h5").write_text("damaged")
    cohort = mice(on_bad_file="skip", split={"train": 1, "validation": 1, "test": 1})
    assert cohort.mice == ["M1", "M4", "M5"]
    assert cohort.excluded["M2"].startswith("invalid file: mice/M2.h5: found")
    assert "found the labels 3 in Masks" in cohort.excluded["M3"]


def test_changed_content_is_read_before_a_job_replaces_results_and_unchanged_content_is_not(
    mice, tmp_path, monkeypatch
):
    read = []
    monkeypatch.setattr(sources, "check_mouse", lambda path, *grid: read.append(path) or check_mouse(path, *grid))
    write_mouse(tmp_path / "mice" / "M3.h5", label=3)
    assert "M3" in mice().mice and read == [], "a first job finds it, and nothing is lost"
    write_mouse(tmp_path / "mice" / "M3.h5")
    checked = tmp_path / "results/s/cohorts/mine/checked.csv"
    checked.parent.mkdir(parents=True)
    checked.touch()
    mice()
    assert read == []
    write_mouse(tmp_path / "mice" / "M3.h5", label=3)
    shutil.copystat(tmp_path / "mice" / "M1.h5", tmp_path / "mice" / "M3.h5")  # an older date of modification
    (line,) = refused(mice)
    assert line.startswith("mice/M3.h5: found the labels 3 in Masks") and checked.exists()
    write_mouse(tmp_path / "mice" / "M3.h5")
    mice(), mice()
    assert read == ["mice/M3.h5", "mice/M3.h5"], "once for each content"


def test_changed_content_of_other_sources_is_read_before_a_job_replaces_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dicom_files.write_cine(tmp_path / "dicom" / "D1")
    images = np.arange(12 * 10 * 4 * 6, dtype=np.uint16).reshape(12, 10, 4, 6)
    affine = np.diag([0.1, 0.1, 1, 1])
    write_nifti(images, affine, 5.0, "", "nifti/N1.nii.gz")
    masks = np.zeros(images.shape, np.uint8)
    masks[2:4, 2:4, :, 0] = 2
    write_nifti(masks, affine, 5.0, "", "observer/N1_seg.nii.gz")
    cohorts = {"d": {"source": {"dicom": "dicom"}}, "n": {"source": {"nifti": "nifti"}}}
    reader = {"masks": "observer", "files": "{mouse}_seg.nii.gz", "cohorts": ["n"]}
    study = {"study": "s", "cohorts": cohorts, "readers": {"observer": reader}}
    Study(study).check_mice()
    made = ["cohorts/d/mice/D1.h5", "cohorts/n/mice/N1.h5", "segmentations/n/observer/N1.h5"]
    for result in made:
        (tmp_path / "results/s" / result).parent.mkdir(parents=True)
        (tmp_path / "results/s" / result).touch()
    Study(study).check_mice()
    file = next((tmp_path / "dicom" / "D1").glob("*.dcm"))
    file.write_bytes(file.read_bytes()[:-20])
    write_nifti(masks * 3, affine, 5.0, "", "observer/N1_seg.nii.gz")
    with pytest.raises(BadInput, match=r"^dicom/D1/.*: found .*\nobserver/N1_seg\.nii\.gz: found .*6"):
        Study(study).check_mice()
    write_nifti(np.full_like(images, 7), affine, 5.0, "", "nifti/N1.nii.gz")
    with pytest.raises(BadInput, match=r"\nnifti/N1\.nii\.gz: found the constant value 7"):
        Study(study).check_mice()


def test_numbers_of_a_split_refer_to_the_mice_that_remain(mice):
    split = {"train": 2, "validation": 1, "test": 2}
    (line,) = refused(mice, exclude={"M2": "motion"}, split=split)
    assert line.startswith("cohorts.mine.split: found 2 + 1 + 2 = 5 mice, expected the cohort's 4 (1 excluded)")
    assert sorted(mice(exclude={"M2": "motion"}, split=split | {"test": 1}).split) == ["M1", "M3", "M4", "M5"]


def test_file_of_a_split_may_list_excluded_mice(mice, tmp_path):
    rows = ["mouse,split", *(f"M{number},test" for number in range(1, 6))]
    (tmp_path / "split.csv").write_text("\n".join(rows))
    assert list(mice(exclude={"M2": "motion"}, split={"file": "split.csv"}).split) == ["M1", "M3", "M4", "M5"]


def test_mouse_is_hashed_once_by_the_plan_and_all_jobs(mice, monkeypatch):
    hashed = []

    def counted(path):
        hashed.append(str(path))
        return sha256(path)

    for module in ("murmur.files", "murmur.study.study"):
        monkeypatch.setattr(f"{module}.sha256", counted)
    for module in ("murmur.files", "murmur.study.reading"):
        monkeypatch.setattr(f"{module}.REMEMBERED_BYTES", 1)
    files = mice().files
    for reads_ahead in (True, False):  # the plan, and a job
        study = Study({"study": "s", "cohorts": {"mine": {"source": {"folder": "mice"}}}}, reads_ahead)
        study.content(files)
        assert [describe(file, None, None, None)["sha256"] for file in files] == [sha256(file) for file in files]
        inputs_of(("mice", file) for file in files)
    assert sorted(hashed) == sorted(files)


def test_headers_are_read_once_until_a_file_changes(mice, tmp_path, monkeypatch):
    opened = []
    file = h5py.File
    monkeypatch.setattr(h5py, "File", lambda path, *mode, **more: opened.append(str(path)) or file(path, *mode, **more))
    mice()
    assert opened == [f"mice/M{number}.h5" for number in range(1, 6)]
    opened.clear()
    mice()
    assert opened == []
    write_mouse(tmp_path / "mice" / "M3.h5")
    opened.clear()
    mice()
    assert opened == ["mice/M3.h5"]


def test_hidden_files_are_not_mice(mice, tmp_path):
    (tmp_path / "mice" / "._M1.h5").write_text("macOS")
    assert mice().mice == ["M1", "M2", "M3", "M4", "M5"]


def test_excluded_mouse_of_a_table_is_not_measured(tmp_path):
    table = tmp_path / "numbers.csv"
    table.write_text("mouse,metric,unit,reference,tool\nA,EF,%,60,61\nB,EF,%,50,52\nC,EF,%,40,41\n")
    study = Study({"study": "s", "cohorts": {"n": {"source": {"measurements": str(table)}, "exclude": {"B": "died"}}}})
    study.check_mice()
    assert study.mice_read("n", "tool") == ["A", "C"]
    assert measurement_table.function(str(table), "tool", study.cohorts["n"].excluded)["mouse"].tolist() == ["A", "C"]


def test_excluded_phantom_leaves_the_others_as_they_are():
    phantom = {"source": {"phantom": {"mice": 14}}}
    whole = Study({"study": "s", "cohorts": {"p": phantom}}).cohorts["p"]
    part = Study({"study": "s", "cohorts": {"p": phantom | {"exclude": {"Mouse2": "motion"}}}}).cohorts["p"]
    assert part.generated == whole.files
    assert len(part.files) == 13
    assert part.phenotypes == {mouse: name for mouse, name in whole.phenotypes.items() if mouse != "Mouse2"}


def test_contoured_mice_are_found_from_the_headers(mice, tmp_path):
    assert mice().contoured == ["M1", "M2", "M3", "M4", "M5"]
    with h5py.File(tmp_path / "mice" / "M2.h5", "r+") as file:
        del file["Masks"]
    with h5py.File(tmp_path / "mice" / "M3.h5", "r+") as file:  # an empty list: nothing was contoured
        del file["Frames_with_ROI"]
        file["Frames_with_ROI"] = np.zeros(0, int)
        file["Masks"][...] = 0
    with h5py.File(tmp_path / "mice" / "M4.h5", "r+") as file:  # no list: the masks show it
        del file["Frames_with_ROI"]
        file["Masks"][...] = 0
    assert mice().contoured == ["M1", "M5"]


def test_measurements_may_have_no_reference(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").write_text("mouse,metric,unit,reference,tool\nA,EF,%,,60\nB,EF,%,50,61\n")
    (tmp_path / "absent.csv").write_text("mouse,metric,unit,tool\nA,EF,%,60\nB,EF,%,61\n")
    (tmp_path / "slip.csv").write_text("Mouse,metric,unit,Refrence,tool\nA,EF,%,50,60\n")
    cohorts = {name: {"source": {"measurements": f"{name}.csv"}} for name in ("empty", "absent")}
    study = Study({"study": "s", "cohorts": cohorts})
    study.check_mice()
    assert study.cohorts["empty"].contoured == ["B"]
    assert study.cohorts["absent"].contoured == []
    assert measurement_table.function("absent.csv", "tool")["reference"].isna().all()
    assert study.pairs(reference=True) == [("empty", "tool")]
    assert study.pairs(reference=False) == [("absent", "tool")]
    with pytest.raises(BadInput, match="found the column 'Refrence', but no reference"):
        Study({"study": "s", "cohorts": {"c": {"source": {"measurements": "slip.csv"}}}}).check_mice()


def test_reader_is_compared_only_where_it_reads_contoured_mice(mice, tmp_path):
    for number in range(1, 5):
        with h5py.File(tmp_path / "mice" / f"M{number}.h5", "r+") as file:
            del file["Masks"]
    (tmp_path / "split.csv").write_text(
        "mouse,split\n" + "\n".join(f"M{n},{'train' if n > 3 else 'test'}" for n in range(1, 6))
    )
    cohort = {"source": {"folder": "mice"}, "split": {"file": "split.csv"}}
    readers = {"test": {"weights": "murmur"}, "all": {"weights": "murmur", "mice": "all"}}
    study = Study({"study": "s", "cohorts": {"mine": cohort}, "readers": readers})
    assert study.pairs(reference=True) == [("mine", "all")]
    assert study.readers_compared("mine") == ["all"]
    assert study.cohorts_of_several_readers == []


def test_dice_by_frame_is_for_cohorts_contoured_in_more_frames_than_ED_and_ES(mice, tmp_path):
    readers = {"given": {"weights": "murmur"}}
    own = {"source": {"folder": "mice"}}

    def found(cohort=own, **keys):
        return Study({"study": "s", "cohorts": {"mine": cohort}, "readers": readers} | keys).cohorts_by_frame

    for number in range(1, 4):
        assert found() == []
        with h5py.File(tmp_path / "mice" / f"M{number}.h5", "r+") as file:
            file["Masks"][2, 2, :, 1] = 1
            del file["Frames_with_ROI"]
    assert found() == ["mine"], "three of five mice"
    assert found(readers={}) == []
    assert found({"source": {"phantom": {"mice": 3}}}) == []


REPEATED = "mouse\tanimal\tsession\tgroup\nM1\tA\t1\tsham\nM2\tA\t2\tsham\nM3\tB\t1\tMI\nM4\tB\t2\tMI\nM5\tC\t1\tMI\n"


def test_all_scans_of_an_animal_are_in_one_set(mice, tmp_path):
    (tmp_path / "people.tsv").write_text(REPEATED)
    repeated = partial(mice, participants="people.tsv")
    cohort = repeated(split={"train": 1, "validation": 1, "test": 1})
    assert cohort.split["M1"] == cohort.split["M2"] != cohort.split["M3"] == cohort.split["M4"] != cohort.split["M5"]
    assert refused(repeated, split={"train": 3, "validation": 1, "test": 1}) == [
        "cohorts.mine.split: found 3 + 1 + 1 = 5 animals, expected the cohort's 3; correct train, validation and test, "
        "or provide a table with the columns mouse and split (split: {file: split.csv})"
    ]
    sets = ("train", "test", "train", "train", "validation")
    rows = [f"M{number},{split}\n" for number, split in enumerate(sets, 1)]
    (tmp_path / "split.csv").write_text("mouse,split\n" + "".join(rows))
    assert refused(repeated, split={"file": "split.csv"}) == [
        "split.csv: found M1 in train and M2 in test, which are scans of the animal A, expected all scans of an animal "
        "in one set; change the split"
    ]


def test_phenotypes_of_repeated_scans_are_known_but_not_compared_as_if_independent(mice, tmp_path):
    (tmp_path / "people.tsv").write_text(REPEATED)
    cohort = mice(participants="people.tsv")
    assert cohort.phenotypes["M2"] == "sham" and cohort.animals_scanned_repeatedly == 3
    assert not cohort.compares_phenotypes
    assert cohort.scans_note.startswith("Note: mine has 5 scans of 3 mice; agreement")
    once = mice(participants="people.tsv", exclude={"M2": "motion", "M4": "motion"})
    assert once.compares_phenotypes and once.scans_note == ""


def test_mice_are_excluded_by_the_participants_too(mice, tmp_path):
    (tmp_path / "mice" / "M2.h5").write_text("damaged")
    (tmp_path / "people.tsv").write_text("mouse\texcluded\nM1\tno\nM2\tmotion\nM9\tdied\n")
    cohort = mice(participants="people.tsv", exclude={"M3": "tumour"})
    assert cohort.excluded == {"M2": "motion", "M3": "tumour"}, "and files of excluded mice are not read"
    assert cohort.participants["mouse"].tolist() == ["M1", "M4", "M5"]
    assert cohort.listed.not_scanned == {"M9": "died"}


def test_columns_of_the_participants_differ_from_those_that_are_computed(mice, tmp_path):
    (tmp_path / "people.tsv").write_text("mouse\tEF_percent\nM1\t60\n")
    with pytest.raises(BadInput, match="people.tsv: found the column 'EF_percent', expected another name"):
        _ = mice(participants="people.tsv").participants
    (tmp_path / "people.tsv").write_text("mouse\theart_rate_bpm\tnotes\nM1\t500\tcalm\n")
    assert mice(participants="people.tsv").participants["notes"].tolist()[0] == "calm"


def test_corrupted_phantom_names_mice_and_corruptions():
    phantom = {"mice": 2, "corruptions": ["none", "blur 3", "cropped 5"], "seed": 3}
    study = {"study": "s", "cohorts": {"m": {"source": {"phantom": phantom}}}}
    cohort = Study(study).cohorts["m"]
    assert cohort.mice == [f"Mouse{n}_{name}" for n in (1, 2) for name in ("none", "blur_3", "cropped_5")]
    assert cohort.scans == [(index, None) for index in (0, 0, 0, 1, 1, 1)]
    assert cohort.participants["animal"].tolist() == ["Mouse1"] * 3 + ["Mouse2"] * 3
    assert cohort.participants["session"].tolist() == phantom["corruptions"] * 2
    phantom["corruptions"].append("blurr 3")
    with pytest.raises(BadInput, match=r"corruptions, number 4: found \"blurr 3\", expected none, or inflow, misgat"):
        Study(study)


def test_every_corruption_can_be_asked_for():
    phantom = {"mice": 1, "corruptions": [f"{kind} {severity}" for kind in KINDS for severity in SEVERITIES]}
    cohort = Study({"study": "s", "cohorts": {"m": {"source": {"phantom": phantom}}}}).cohorts["m"]
    assert len(cohort.mice) == 50


def test_phantom_with_sessions_names_animals_and_sessions():
    phantom = {"mice": {"control": 1, "tac": 1}, "sessions": ["baseline", "day 7"], "seed": 3}
    found = Study({"study": "s", "cohorts": {"a": {"source": {"phantom": phantom}}}}).cohorts["a"]
    assert found.mice == ["Mouse1_baseline", "Mouse1_day_7", "Mouse2_baseline", "Mouse2_day_7"]
    table = found.participants
    assert table["animal"].tolist() == ["Mouse1", "Mouse1", "Mouse2", "Mouse2"]
    assert table["session"].tolist() == ["baseline", "day 7"] * 2
    assert table["group"].tolist() == ["control", "control", "tac", "tac"]
    assert found.scans == [(0, (0, 2)), (0, (1, 2)), (1, (0, 2)), (1, (1, 2))]
    with pytest.raises(BadInput, match="found sessions and varied, expected one of them"):
        Study({"study": "s", "cohorts": {"a": {"source": {"phantom": phantom | {"varied": True}}}}})
