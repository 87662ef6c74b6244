"""Bad and odd NIfTI files: images, masks and their affines, labels and headers."""

import gzip

import nibabel
import numpy as np
import pytest

from corpus import Case, Finished, Noted, Right, check, is_true, stops
from good_study import ED, EDV, ES, SHAPE, SPACING_MM, Place, labels, nifti_image

IMAGE = "images/Bad_4d.nii.gz"
MASK = {ED: "images/Bad_frame01_gt.nii.gz", ES: "images/Bad_frame03_gt.nii.gz"}
BOTH = tuple(MASK.values())
GRID = np.diag([*SPACING_MM, 1.0])  # the affine of the good files


def change(names, values=lambda v: v, affine=None, header=lambda h: None):
    """Write files again with other values, another affine or a changed header."""

    def spoil(place):
        for name in [names] if isinstance(names, str) else names:
            image = nibabel.load(place / name)
            changed = nifti_image(values(np.asarray(image.dataobj)), GRID if affine is None else affine)
            if changed.ndim == image.ndim:
                changed.header.set_zooms(image.header.get_zooms())
            header(changed.header)
            nibabel.save(changed, place / name)

    return spoil


def patched(name, start, data):
    """Overwrite bytes of the unpacked file, past the checks of nibabel."""

    def spoil(place):
        content = bytearray(gzip.decompress((place / name).read_bytes()))
        content[start : start + len(data)] = data
        (place / name).write_bytes(gzip.compress(bytes(content)))

    return spoil


def cut(name):
    def spoil(place):
        data = (place / name).read_bytes()
        (place / name).write_bytes(data[: len(data) // 2])

    return spoil


def source(**keys):
    """Change keys of the source in the study file."""
    return lambda place: place.cohort["source"].update(keys)


def cohort(**keys):
    """Change keys of the cohort in the study file."""
    return lambda place: place.cohort.update(keys)


def steps(*spoils):
    """Spoil in several ways."""
    return lambda place: [spoil(place) for spoil in spoils]


def renamed(old, new):
    return lambda place: (place / old).rename(place / new)


def all_masks(values):
    """Change the values of the masks of all mice."""

    def spoil(place):
        for path in (place.folder / "images").glob("*_gt.nii.gz"):
            change(f"images/{path.name}", values)(place)

    return spoil


def turned(*axes, swap=None):
    """Save the masks as a viewer does that turns images: other order and directions of the voxels, same places."""
    orientation = nibabel.orientations.axcodes2ornt("RAS")
    orientation[list(axes), 1] *= -1
    if swap:
        orientation[list(swap), 0] = orientation[list(reversed(swap)), 0]

    def spoil(place):
        for name in BOTH:
            image = nibabel.load(place / name)
            nibabel.save(
                nibabel.Nifti1Image(np.asarray(image.dataobj), image.affine).as_reoriented(orientation), place / name
            )

    return spoil


def oblique(place: Place) -> None:
    """Tilt the plane of image and masks, as scanners do."""
    angle = np.deg2rad(30)
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    change([IMAGE, *BOTH], affine=tilt @ GRID)(place)


def moved(millimetres):
    affine = GRID.copy()
    affine[0, 3] = millimetres
    return change(BOTH, affine=affine)


def masks_4d(place: Place) -> None:
    """One mask file for all frames of each mouse."""
    for path in (place.folder / "images").glob("*_gt.nii.gz"):
        path.unlink()
    masks = np.zeros(SHAPE, np.uint8)
    masks[..., [ED, ES]] = labels()[..., [ED, ES]]
    for mouse in ("G1", "G2", "G3", "Bad"):
        nibabel.save(nifti_image(masks), place / f"images/{mouse}_gt.nii.gz")
    source(masks="{mouse}_gt.nii.gz")(place)


def uncompressed(place: Place) -> None:
    for path in [*(place.folder / "images").glob("*.nii.gz")]:
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    source(images="{mouse}_4d.nii", masks="{mouse}_frame{frame}_gt.nii")(place)


def cut_uncompressed(place: Place) -> None:
    uncompressed(place)
    cut("images/Bad_4d.nii")(place)


def no_masks(place: Place) -> None:
    for path in (place.folder / "images").glob("*_gt.nii.gz"):
        path.unlink()
    del place.cohort["source"]["masks"]


def acdc(values):
    """The labels of ACDC: 1 right ventricle, 2 myocardium, 3 left ventricle."""
    left = np.where(values > 0, values + 1, 0)
    left[0:3, 0:3] = 1
    return left.astype(np.uint8)


def units(space="mm", time="msec"):
    return lambda header: header.set_xyzt_units(space, time)


def zooms(*values):
    return lambda header: header.set_zooms(values)


def on_grid(spacing, interval, space="mm", time="msec"):
    """Write image and masks with another spacing, or in other units, in header and affine alike."""

    def header(found):
        found.set_zooms((*spacing, interval)[: found["dim"][0]])
        found.set_xyzt_units(space, time)

    return change([IMAGE, *BOTH], affine=np.diag([*spacing, 1.0]), header=header)


def scaled(header):
    header.set_slope_inter(0.5, 0)


def not_annotated(results: Finished) -> None:
    assert results.mouse("Bad").status.startswith("not annotated")
    assert results.of("Bad", "reader")["EDV"] == pytest.approx(EDV)


TOO_FEW = r"found no file \{mouse\}_cine\.nii\.gz in 'images'"
IMAGE_FOUND, MASK_FOUND = r"images/Bad_4d\.nii\.gz: found ", r"images/Bad_frame0[13]_gt\.nii\.gz: found "

CASES = [
    Case("N01_3D", change(IMAGE, lambda v: v[..., 0]), stops("planning", IMAGE_FOUND + "3 dimensions")),
    Case(
        "N02_no_spacing",
        change(IMAGE, header=units("unknown", "unknown")),
        stops("planning", IMAGE_FOUND + "no frame time with a unit"),
    ),
    Case(
        "N02b_zero_pixdim", patched(IMAGE, 80, bytes(12)), stops("planning", IMAGE_FOUND + ".*(spacing|pixdim|voxel)")
    ),
    Case("N03_flipped_mask_affine", turned(0, 1), Right()),
    Case("N03b_oblique", oblique, Right()),
    Case(
        "N04_masks_other_grid",
        change(MASK[ED], lambda v: v[::2, ::2]),
        stops("planning", MASK_FOUND + r"the shape \(20, 18, 4\)"),
    ),
    Case("N05_cut_gz", cut(IMAGE), stops("planning", IMAGE_FOUND + ".*(end|damaged)")),
    Case("N05b_cut_mask_gz", cut(MASK[ED]), stops("planning", MASK_FOUND + ".*(end|damaged)")),
    Case("N06_pattern_nothing", source(images="{mouse}_cine.nii.gz"), stops("planning", TOO_FEW)),
    Case(
        "N06b_masks_pattern_nothing",
        source(masks="{mouse}_seg{frame}.nii.gz"),
        stops("planning", r"images: found no masks \{mouse\}_seg\{frame\}\.nii\.gz of any mouse"),
    ),
    Case(
        "N07_frame_out_of_range",
        renamed(MASK[ES], "images/Bad_frame12_gt.nii.gz"),
        stops("planning", "frame 12 in the name"),
    ),
    Case("N08_probabilities", change(MASK[ED], lambda v: v * 0.4), stops("job", MASK_FOUND + r"the value 0\.[48]")),
    Case("N09_acdc_labels", all_masks(acdc), stops("job", r"_gt\.nii\.gz: found the labels? 3")),
    Case(
        "N09b_all_label3",
        change(BOTH, lambda v: np.where(v > 0, 3, 0).astype(np.uint8)),
        stops("job", MASK_FOUND + "the labels? 3"),
    ),
    Case("N10_5D", change(IMAGE, lambda v: v[..., None]), stops("planning", IMAGE_FOUND + "5 dimensions")),
    Case(
        "N11_nan",
        change(IMAGE, lambda v: np.where(v > 950, np.nan, v)),
        stops("job", IMAGE_FOUND + "values that are not finite"),
    ),
    Case(
        "N12_renamed_gz",
        lambda place: (place / IMAGE).write_bytes(gzip.decompress((place / IMAGE).read_bytes())),
        stops("planning", IMAGE_FOUND + "no readable NIfTI image"),
    ),
    Case(
        "N13_no_time_unit",
        change(IMAGE, header=units("mm", "unknown")),
        stops("planning", IMAGE_FOUND + "no frame time"),
    ),
    Case(
        "N14_not_nifti",
        lambda place: (place / IMAGE).write_text("not an image"),
        stops("planning", IMAGE_FOUND + "no readable NIfTI image"),
    ),
    Case(
        "N15_orphan_mask",
        renamed(MASK[ES], "images/Bda_frame03_gt.nii.gz"),
        Noted(r"Bda_frame03_gt\.nii\.gz", mouse=".*"),
    ),
    Case("N16_float_ct", change(IMAGE, lambda v: v.astype(np.float32) - 1024), Right()),
    Case("N17_images_without_masks_pattern_4d", no_masks, Right(not_annotated)),
    Case(
        "N18_header_1mm_study_says_0.2",
        steps(on_grid((1, 1, 1), 25), cohort(spacing_mm=list(SPACING_MM), frame_interval_ms=25.0)),
        stops("planning", IMAGE_FOUND + ".*spacing_mm"),
    ),
    Case(
        "N19_header_1s_study_says_25ms",
        steps(change(IMAGE, header=zooms(*SPACING_MM, 1000)), cohort(frame_interval_ms=25.0)),
        stops("planning", IMAGE_FOUND + ".*frame_interval_ms"),
    ),
    Case(
        "N18b_header_1mm_overridden",
        steps(
            on_grid((1, 1, 1), 1000),
            cohort(spacing_mm=list(SPACING_MM), frame_interval_ms=25.0, override_headers=True),
        ),
        Right(),
    ),
    Case("N20_all_uncontoured", no_masks, Right(not_annotated)),
    # more
    Case("N30_uncompressed", uncompressed, Right()),
    Case("N31_cut_uncompressed", cut_uncompressed, stops("planning", r"images/Bad_4d\.nii: found a truncated")),
    Case("N32_masks_4d", masks_4d, Right(noted="same masks twice")),
    Case("N33_scaled_image", change(IMAGE, header=scaled), Right()),
    Case("N34_scaled_mask", change(BOTH, lambda v: v * 2, header=scaled), Right()),
    Case("N35_mask_axes_swapped", turned(swap=(0, 1)), Right()),
    Case("N36_mask_turned_upside_down", turned(2), Right()),
    Case(
        "N37_mask_elsewhere",
        moved(500.0),
        stops("planning", MASK_FOUND + r"a grid .*, up to 2\.5e\+03 voxels from that"),
    ),
    Case(
        "N38_mask_half_a_pixel_off",
        moved(0.1),
        stops("planning", MASK_FOUND + r"a grid .*, up to 0\.5 voxels from that"),
    ),
    Case(
        "N39_affine_not_finite",
        patched(IMAGE, 280, np.full(4, np.nan, "<f4").tobytes()),
        stops("planning", IMAGE_FOUND + "an affine that maps no voxels"),
    ),
    Case(
        "N40_image_complex",
        change(IMAGE, lambda v: v.astype(np.complex64)),
        stops("planning", IMAGE_FOUND + ".*(type|complex)"),
    ),
    Case(
        "N41_image_rgb",
        change(IMAGE, lambda v: np.zeros(SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")])),
        stops("planning", IMAGE_FOUND + ".*(type|RGB|colour)"),
    ),
    Case(
        "N42_enormous_header",
        patched(IMAGE, 40, np.array([4, 32000, 32000, 4000, 4000], "<i2").tobytes()),
        stops("planning", IMAGE_FOUND + r"an image of shape \(32000, 32000, 4000, 4000\)"),
    ),
    Case(
        "N43_negative_dimension",
        patched(IMAGE, 40, np.array([4, 40, -36, 4, 5], "<i2").tobytes()),
        stops("planning", IMAGE_FOUND + r"values of shape \(40, -36, 4, 5\)"),
    ),
    Case(
        "N44_unknown_datatype",
        patched(IMAGE, 70, np.array([999], "<i2").tobytes()),
        stops("planning", IMAGE_FOUND + r"no readable NIfTI image \(data code 999"),
    ),
    Case(
        "N45_acdc_labels_named",
        steps(all_masks(acdc), source(labels={"myocardium": 2, "blood_pool": 3}, ignore=[1])),
        Right(),
    ),
    Case(
        "N46_unit_is_hertz", change(IMAGE, header=units("mm", "hz")), stops("planning", IMAGE_FOUND + "no frame time")
    ),
    Case(
        "N47_no_time_unit_but_study_says",
        steps(change(IMAGE, header=units("mm", "unknown")), cohort(frame_interval_ms=25.0)),
        Right(),
    ),
    Case(
        "N48_metres_and_seconds",
        on_grid((2e-4, 2e-4, 1e-3), 0.025, "meter", "sec"),
        Right(),
    ),
    Case(
        "N49_micrometres",
        on_grid((200, 200, 1000), 25, "micron"),
        Right(),
    ),
    Case(
        "N50_appledouble",
        lambda place: (place / "images/._Bad_4d.nii.gz").write_bytes(b"\x00\x05\x16\x07"),
        Right(noted=r"\._Bad_4d"),
    ),
    Case(
        "N51_constant",
        change(IMAGE, lambda v: v * 0),
        stops("job", r"^images/Bad_4d\.nii\.gz: found the constant value 0"),
    ),
    Case(
        "N52_no_frame",
        change(IMAGE, lambda v: v[..., :0]),
        stops("planning", IMAGE_FOUND + r"values of shape \(40, 36, 4, 0\)"),
    ),
    Case(
        "N53_dangling_link",
        lambda place: ((place / IMAGE).unlink(), (place / IMAGE).symlink_to("annex/object")),
        stops("planning", r"images/Bad_4d\.nii\.gz: found a link to 'annex/object'"),
    ),
    Case(
        "N54_mask_dangling_link",
        lambda place: ((place / MASK[ES]).unlink(), (place / MASK[ES]).symlink_to("annex/object")),
        stops("planning", r"images/Bad_frame03_gt\.nii\.gz: found a link to 'annex/object'"),
    ),
    Case(
        "N55_template_without_mouse",
        source(images="cine.nii.gz"),
        stops("planning", r"source\.images: found 'cine\.nii\.gz'"),
    ),
    Case(
        "N56_frame_zero_counted_from_1",
        renamed(MASK[ED], "images/Bad_frame00_gt.nii.gz"),
        stops("planning", "frame 0 in the name"),
    ),
    Case(
        "N57_mouse_with_regex_name",
        steps(
            *(renamed(n, n.replace("Bad", "M(1)+")) for n in (IMAGE, *BOTH)),
            renamed("observer/Bad.h5", "observer/M(1)+.h5"),
            lambda p: (p / "participants.tsv").write_text((p / "participants.tsv").read_text().replace("Bad", "M(1)+")),
        ),
        Right(lambda r: is_true(r, "M(1)+")),
    ),
    Case(
        "N58_masks_rounded_floats",
        change(BOTH, lambda v: v.astype(np.float64)),
        Right(),
    ),
    Case("N60_units_unknown_to_nifti", patched(IMAGE, 123, b"\x07"), stops("planning", IMAGE_FOUND + "no frame time")),
    Case(
        "N61_mask_of_one_axis",
        change(MASK[ED], lambda v: v[:, 0, 0]),
        stops("planning", MASK_FOUND + r"the shape \(40,\), expected \(40, 36, 4\)"),
    ),
    Case(
        "N62_mask_of_one_slice",
        change(MASK[ED], lambda v: v[..., 0]),
        stops("planning", MASK_FOUND + r"the shape \(40, 36\), expected \(40, 36, 4\)"),
    ),
    Case("N59_mask_empty", change(MASK[ES], lambda v: v * 0), Noted("(frame|ES|empty)")),
    # from trials G: general
    Case(
        "G01_nifti_same_frame_twice",
        lambda place: (place / "images/Bad_frame1_gt.nii.gz").write_bytes((place / MASK[ED]).read_bytes()),
        stops("planning", "the same frame of Bad in"),
    ),
    Case(
        "G14_nifti_labels_equal",
        source(labels={"myocardium": 1, "blood_pool": 1}),
        stops("planning", r"source\.labels: found the label 1 for two structures"),
    ),
]


@pytest.mark.parametrize(
    "case", [Case(c.name, c.spoil, c.expected, "nifti") for c in CASES], ids=lambda case: case.name
)
def test_nifti(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
