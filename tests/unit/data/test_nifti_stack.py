"""A cine in a file per slice comes back voxel by voxel and millimetre by millimetre, in every orientation."""

import itertools

import h5py
import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import convert_nifti
from murmur.data.nifti import NiftiFolder
from murmur.errors import BadInput

SHAPE = ROWS, COLUMNS, SLICES, FRAMES = 7, 6, 4, 5
SPACING_MM, THICKNESS_MM = (0.2, 0.25, 1.1), 0.8
LABELS = {"myocardium": 1, "blood_pool": 2}
IMAGES = np.arange(1, np.prod(SHAPE) + 1).reshape(SHAPE).astype(np.int16)
MASKS = np.zeros(SHAPE, np.uint8)
MASKS[1:5, 1:5, 1:, [0, 3]], MASKS[2:4, 2:3, 1:, [0, 3]] = 1, 2


def affine_of(turned=None, origin=(3, -4, 50)):
    """The affine of the stack, in mm."""
    return nibabel.affines.from_matvec((np.eye(3) if turned is None else turned) * SPACING_MM, origin)


def write_slice(path, values, affine, number, by_frame=None, axes=4):
    """Write a slice of `values`, or a frame of it. Its header has the thickness, not the distance of the slices."""
    own = affine.copy()
    own[:3, 3] += number * affine[:3, 2]
    own[:3, 2] *= THICKNESS_MM / SPACING_MM[2]
    part = values[:, :, number : number + 1] if by_frame is None else values[:, :, number : number + 1, by_frame]
    image = nibabel.Nifti1Image(part if axes == 4 else part.squeeze(axis=2), own)
    image.header.set_xyzt_units("mm", "msec")
    if image.ndim == 4:
        image.header["pixdim"][4] = 8
    nibabel.save(image, path)


def write(folder, affine, numbers=range(SLICES), order=1, **options):
    folder.mkdir(exist_ok=True)
    for name, number in enumerate(list(numbers)[::order], start=1):
        write_slice(folder / f"a_{name}.nii", IMAGES, affine, number, **options)


def convert(folder, images="{mouse}_{slice}.nii", masks=None, frame_interval_ms=None):
    """Return images, affine, spacing, frame interval and, if there are masks, these and their frames."""
    source = NiftiFolder(str(folder), images, LABELS, masks=masks)
    assert source.mice() == ["a"]
    source.check_headers("a", None, frame_interval_ms)
    convert_nifti.main(source, "a", str(folder / "a.h5"), None, frame_interval_ms, False)
    with h5py.File(folder / "a.h5") as file:
        cine = [file["Images"][()], *(file.attrs[name] for name in ("affine", "spacing_mm", "frame_interval_ms"))]
        return [*cine, file["Masks"][()], file["Frames_with_ROI"][()].tolist()] if masks else cine


quarters = st.tuples(*[st.sampled_from([-90.0, 0.0, 90.0, 180.0])] * 3)


@settings(max_examples=20, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3) | quarters,
    flip=st.sampled_from([1, -1]),
    origin=st.tuples(*[st.floats(-50, 50)] * 3),
    order=st.sampled_from([1, -1]),
)
def test_every_voxel_lies_where_the_affines_say(tmp_path_factory, angles, flip, origin, order):
    """Turned by any angle or by quarters, flipped, and numbered from either end, which is then the first slice."""
    folder = tmp_path_factory.mktemp("slices")
    turned = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * (1, 1, flip)
    affine = affine_of(turned, origin)
    write(folder, affine, order=order)
    images, found, spacing, interval = convert(folder)
    assert np.array_equal(images, IMAGES[:, :, ::order]) and interval == 8
    assert spacing == pytest.approx(SPACING_MM, rel=1e-5)
    for place in itertools.product((0, ROWS - 1), (0, COLUMNS - 1), (0, SLICES - 1)):
        row, column, number = place
        number = number if order == 1 else SLICES - 1 - number
        assert found @ (*place, 1) == pytest.approx(affine @ (row, column, number, 1), abs=1e-4)


def test_frames_as_the_third_axis_or_in_files_of_their_own(tmp_path):
    write(tmp_path / "third", affine_of(), axes=3)
    with pytest.raises(BadInput, match="a_1.nii: found no frame time with a unit in the header"):
        convert(tmp_path / "third")
    folder = tmp_path / "files"
    folder.mkdir()
    for number, frame in itertools.product(range(SLICES), range(FRAMES)):
        write_slice(folder / f"a_{number + 1}_{frame + 1:02d}.nii", IMAGES, affine_of(), number, by_frame=frame)
    for images, found, spacing, interval in (
        convert(tmp_path / "third", frame_interval_ms=6.0),
        convert(folder, "{mouse}_{slice}_{frame}.nii", frame_interval_ms=6.0),
    ):
        assert np.array_equal(images, IMAGES) and interval == 6
        assert found == pytest.approx(affine_of(), abs=1e-5) and spacing == pytest.approx(SPACING_MM)
    (folder / "a_2_05.nii").rename(folder / "a_2_06.nii")
    with pytest.raises(BadInput, match="a_2_01.nii: found the frames 1, 2, 3, 4, 6, expected consecutive .* in all"):
        convert(folder, "{mouse}_{slice}_{frame}.nii", frame_interval_ms=6.0)


@pytest.mark.parametrize("masks", ["{mouse}_{slice}_gt.nii", "{mouse}_{slice}_gt{frame}.nii", "{mouse}_gt{frame}.nii"])
def test_masks_are_brought_to_the_joined_slices(tmp_path, masks):
    """Masks per slice, numbered from the other end, per slice and frame, or of whole frames."""
    affine = affine_of(Rotation.from_euler("xyz", (30, -40, 20), degrees=True).as_matrix())
    write(tmp_path, affine)
    if masks.endswith("gt.nii"):
        for number in range(SLICES):
            write_slice(tmp_path / f"a_{SLICES - number}_gt.nii", MASKS, affine, number)
    for number, frame in itertools.product(range(SLICES), (0, 3)):
        if "{slice}_gt{" in masks:
            write_slice(tmp_path / f"a_{number + 1}_gt{frame + 1}.nii", MASKS, affine, number, by_frame=frame)
        if "{slice}" not in masks:
            nibabel.save(nibabel.Nifti1Image(MASKS[..., frame], affine), tmp_path / f"a_gt{frame + 1}.nii")
    *_, found, frames = convert(tmp_path, masks=masks)
    assert np.array_equal(found, MASKS) and frames == [0, 3]
    folder = NiftiFolder(str(tmp_path), "{mouse}_{slice}.nii", LABELS, masks=masks)
    assert folder.contoured_frames("a") == [0, 3]


def _spoil(folder, how):
    write(folder, affine_of())
    path, other = folder / "a_3.nii", affine_of()
    match how:
        case "missing":
            path.unlink()
        case "uneven":
            other[2, 3] += 0.1
            write_slice(path, IMAGES, other, 2)
        case "doubled":
            write_slice(path, IMAGES, other, 1)
        case "shifted":
            other[0, 3] += 0.5
            write_slice(path, IMAGES, other, 2)
        case "twice":
            write_slice(folder / "a_03.nii", IMAGES, other, 2)
        case "frames":
            write_slice(path, IMAGES[..., :-1], other, 2)
        case "tilted":
            write_slice(path, IMAGES, affine_of(Rotation.from_euler("x", 5, degrees=True).as_matrix()), 2)
        case "no position":
            nibabel.save(nibabel.Nifti1Image(IMAGES[:, :, 2:3], None), path)
        case "volume":
            nibabel.save(nibabel.Nifti1Image(IMAGES, other), path)
        case "alone":
            for number in (1, 2, 4):
                (folder / f"a_{number}.nii").unlink()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("missing", r"found 2\.2 mm between the slices 2 and 4, expected 1\.1 mm as between most; export the missing"),
        ("uneven", r"found 1\.2 mm between the slices 2 and 3, expected 1\.1 mm .*; export the slices of one"),
        ("doubled", r"a_3.nii: found a slice at the position of .*a_2.nii, expected one at each; remove one"),
        ("shifted", r"a: found slices shifted in their plane by up to 0\.5 mm, expected a straight stack"),
        ("twice", r"a_3.nii: found the same slice in .*a_03.nii, expected one; remove one"),
        ("frames", r"a_3.nii: found the shape \(7, 6, 1, 4\), expected \(7, 6, 1, 5\) as in .*a_1.nii"),
        ("tilted", r"a_3.nii: found another orientation or pixel spacing than in .*a_1.nii, expected parallel slices"),
        ("no position", r"a_3.nii: found no position in the header, expected the affine of a slice"),
        ("volume", r"a_3.nii: found the shape \(7, 6, 4, 5\), expected one slice, with frames as the last axis"),
        ("alone", r"a: found one slice, expected at least two, whose distance is measured"),
    ],
)
def test_what_is_no_stack_is_refused_in_a_sentence(tmp_path, how, sentence):
    _spoil(tmp_path / "slices", how)
    with pytest.raises(BadInput, match=sentence) as error:
        convert(tmp_path / "slices")
    assert "\n" not in str(error.value)
