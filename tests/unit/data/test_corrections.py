"""Corrections come back in the frames that were changed, on the grid of the images, and nothing else changes."""

import json

import nibabel as nib
import numpy as np
import pytest

from beating_hearts import FRAMES, heart_of_discs
from murmur.data import corrections
from murmur.data.corrections import Export, ends, is_changed
from murmur.data.review import Decision, correction_files, read_decisions
from murmur.errors import BadInput

MASKS = heart_of_discs()
AFFINE = np.array([[0, -0.2, 0, 5], [0.2, 0, 0, -3], [0, 0, 1, 2], [0, 0, 0, 1.0]])
MICE = ["M1", "M2", "M3"]


def save(path, values, affine=AFFINE):
    path.parent.mkdir(exist_ok=True, parents=True)
    image = nib.Nifti1Image(values, affine)
    image.header.set_xyzt_units("mm", "msec")
    nib.save(image, path)
    return str(path)


def corrected(masks, files, reader="murmur"):
    return corrections.corrected(masks, files, AFFINE, reader)


def exported(folder, **phases):
    path = str(folder / "exported.json")
    Export.of("murmur", phases or ends(MASKS), MASKS).write(path)
    return path


def edited(frame):
    """The masks of a frame with the blood pool of one slice erased."""
    values = MASKS[..., frame].copy()
    values[:, :, 1][values[:, :, 1] == 2] = 1
    return values


def test_only_changed_frames_are_replaced(tmp_path):
    phases = ends(MASKS)
    files = [
        save(tmp_path / "ED_mask.nii.gz", edited(phases["ED"])),
        save(tmp_path / "ES_mask.nii.gz", MASKS[..., phases["ES"]]),  # exported, and not touched
        save(tmp_path / "frame4_mask.nii", edited(3)),
        exported(tmp_path),
    ]
    masks, frames = corrected(MASKS, files)
    assert frames == sorted({phases["ED"], 3})
    for frame in range(FRAMES):
        assert np.array_equal(masks[..., frame], edited(frame) if frame in frames else MASKS[..., frame])


def test_masks_of_all_frames(tmp_path):
    values = MASKS.copy()
    values[..., 5] = edited(5)
    masks, frames = corrected(MASKS, [save(tmp_path / "masks.nii.gz", values)])
    assert frames == [5] and np.array_equal(masks, values)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_axes_that_a_program_flipped_are_flipped_back(tmp_path, axis):
    flip = np.eye(4)
    flip[axis, axis], flip[axis, 3] = -1, MASKS.shape[axis] - 1
    path = save(tmp_path / "frame4_mask.nii.gz", np.flip(edited(3), axis), AFFINE @ flip)
    masks, frames = corrected(MASKS, [path])
    assert frames == [3] and np.array_equal(masks[..., 3], edited(3))


def test_two_corrections_of_one_frame_must_agree(tmp_path):
    values = MASKS.copy()
    values[..., 3] = edited(3)
    whole, single = save(tmp_path / "masks.nii.gz", values), save(tmp_path / "frame4_mask.nii.gz", edited(3))
    assert corrected(MASKS, [whole, single])[1] == [3]
    values[..., 3] = 0
    with pytest.raises(
        BadInput, match=r"frame4_mask.nii.gz: found frame 4 of 12 changed differently in .*masks.nii.gz"
    ):
        corrected(MASKS, [save(tmp_path / "masks.nii.gz", values), single])


def test_corrections_stay_in_the_frames_that_were_exported(tmp_path):
    """ED and ES as measured need not be the largest and smallest blood pool of the masks."""
    path = save(tmp_path / "ED_mask.nii.gz", edited(3))
    masks, frames = corrected(MASKS, [path, exported(tmp_path, ED=3, ES=8)])
    assert frames == [3] and np.array_equal(masks[..., 3], edited(3))


def test_masks_that_were_not_edited_never_replace_those_of_a_new_network(tmp_path):
    new = np.roll(MASKS, 1, axis=0)
    files = [save(tmp_path / "ED_mask.nii.gz", MASKS[..., 0]), save(tmp_path / "masks.nii.gz", MASKS)]
    masks, frames = corrected(new, [*files, exported(tmp_path)])
    assert frames == [] and np.array_equal(masks, new)


def test_correction_of_masks_that_have_changed_since_is_refused(tmp_path):
    new = MASKS.copy()
    new[..., 3] = np.roll(new[..., 3], 1, axis=0)
    files = [save(tmp_path / "frame4_mask.nii.gz", edited(3)), exported(tmp_path)]
    assert corrected(MASKS, files)[1] == [3]
    with pytest.raises(BadInput, match=r"frame4_mask.nii.gz: found a correction of frame 4 of 12, whose masks by "):
        corrected(new, files)
    with pytest.raises(BadInput, match=r"exported.json: found masks exported from the reader 'murmur', expected those"):
        corrected(MASKS, files, "other")


def test_frame_of_ED_is_not_guessed(tmp_path):
    with pytest.raises(BadInput, match=r"ED_mask.nii.gz: found no exported.json next to it, which names its frame"):
        corrected(MASKS, [save(tmp_path / "ED_mask.nii.gz", edited(0))])


def test_a_copy_that_was_not_edited_is_no_correction(tmp_path):
    description = exported(tmp_path)
    files = [save(tmp_path / "ES_mask.nii.gz", MASKS[..., ends(MASKS)["ES"]].astype(np.int16))]
    files += [save(tmp_path / "masks.nii.gz", MASKS), save(tmp_path / "frame4_mask.nii.gz", MASKS[..., 3:4])]
    assert not is_changed([*files, description])
    assert is_changed(files), "without the export, it is not known"
    assert is_changed([save(tmp_path / "frame4_mask.nii.gz", edited(3)), description])
    assert is_changed([save(tmp_path / "frame13_mask.nii.gz", MASKS[..., 0]), description])


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"reader": "murmur", "frame_numbers": {"ED": "x"}})])
def test_damaged_description_of_the_export_is_refused(tmp_path, content):
    (tmp_path / "exported.json").write_text(content)
    with pytest.raises(BadInput, match=r"exported.json: found"):
        corrected(MASKS, [str(tmp_path / "exported.json")])


@pytest.mark.parametrize(
    ("name", "values", "affine", "sentence"),
    [
        ("ED_mask.nii.gz", MASKS[:-1, ..., 0], AFFINE, "found the shape"),
        ("ED_mask.nii.gz", MASKS, AFFINE, r"found the shape .* as exported"),
        ("ED_mask.nii.gz", MASKS[..., 0] * 3, AFFINE, "found the label 3, expected 0 background"),
        ("ED_mask.nii.gz", MASKS[..., 0], AFFINE @ np.diag([2, 2, 2, 1]), "found a grid"),
        ("frame13_mask.nii.gz", MASKS[..., 0], AFFINE, "found frame 13, expected 1 to 12"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, name, values, affine, sentence):
    with pytest.raises(BadInput, match=sentence):
        corrected(MASKS, [save(tmp_path / name, values, affine), exported(tmp_path)])


def test_files_of_each_mouse(tmp_path):
    for name in ("ED_mask.nii.gz", "ED_image.nii.gz", "cine.nii.gz", "frame7_mask.nii"):
        save(tmp_path / "M2" / name, MASKS[..., 0])
    (tmp_path / "M2" / "labels.txt").touch()
    (tmp_path / "M2" / "exported.json").touch()
    (tmp_path / "M3").mkdir()
    found = correction_files(tmp_path, MICE)
    assert {mouse: [path.rpartition("/")[2] for path in paths] for mouse, paths in found.items()} == {
        "M2": ["ED_mask.nii.gz", "frame7_mask.nii", "exported.json"]
    }
    (tmp_path / "M2" / "ED_mask_new.nii.gz").touch()
    with pytest.raises(BadInput, match=r"ED_mask_new.nii.gz: found a name that says nothing about its frames"):
        correction_files(tmp_path, MICE)
    (tmp_path / "M4").mkdir()
    (tmp_path / "M2" / "ED_mask_new.nii.gz").unlink()
    with pytest.raises(BadInput, match="M4: found a folder of no mouse"):
        correction_files(tmp_path, MICE)


def test_decisions_are_in_any_row_of_a_mouse(tmp_path):
    rows = ["mouse;slice;decision;comment;decided_by;decided_on", "M1;3;;;;", "M1;4;Corrected;apex;AB;2026-11-28"]
    rows += ["M2;;exclude;ghosting;AB;", "M3;;;;;"]
    (tmp_path / "reviewed.csv").write_text("\n".join(rows) + "\n")
    found = read_decisions(str(tmp_path / "reviewed.csv"), MICE)
    assert found == {
        "M1": Decision("corrected", "apex", "AB", "2026-11-28"),
        "M2": Decision("exclude", "ghosting", "AB", ""),
    }


@pytest.mark.parametrize("rows", [["M1,accept,", "M1,corrected,apex"], ["M1,corrected,apex", "M1,accept,"]])
def test_mouse_of_which_some_masks_are_accepted_and_others_corrected_is_corrected(tmp_path, rows):
    (tmp_path / "reviewed.csv").write_text("\n".join(["mouse,decision,comment", *rows]) + "\n")
    assert read_decisions(str(tmp_path / "reviewed.csv"), MICE) == {"M1": Decision("corrected", "apex", "", "")}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["M1,fine,"], "line 2: found the decision 'fine', expected accept, corrected, exclude or nothing"),
        (["M4,accept,"], "line 2: found M4, expected a mouse of the reader"),
        (["M1,exclude,why", "M1,corrected,"], "line 3: found the decision 'corrected' for M1, and 'exclude' in an"),
        (["M1,accept,", "M1,exclude,why"], "line 3: found the decision 'exclude' for M1, and 'accept' in an earlier"),
        (["M1,exclude,"], "line 2: found no comment, expected the reason to exclude M1"),
    ],
)
def test_decisions_that_cannot_be_used(tmp_path, rows, sentence):
    (tmp_path / "reviewed.csv").write_text("\n".join(["mouse,decision,comment", *rows]) + "\n")
    with pytest.raises(BadInput, match=sentence):
        read_decisions(str(tmp_path / "reviewed.csv"), MICE)
