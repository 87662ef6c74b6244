"""Bad and odd mouse files: HDF5."""

import gzip
import shutil

import h5py
import numpy as np
import pytest

from corpus import Case, Finished, Noted, Right, after_a_run, check, is_true, stops
from good_study import BAD, ED, EDV, ES, MICE, SHAPE, labels
from spoil_hdf5 import (
    bad_chunk,
    blank_slice,
    both,
    content,
    edit,
    enormous,
    external_link,
    external_storage,
    folder_instead,
    linked,
    locked,
    matlab_axes,
    no_datasets,
    off_centre,
    one_frame,
    one_slice,
    pipe_instead,
    put,
    renamed,
    slice_frame_swapped,
    swapped_labels,
    tiny,
    truncated,
    unknown_filter,
    virtual,
)


def edv_only(results: Finished) -> None:
    assert results.of("Bad")["EDV"] is None
    assert results.mouse("Bad").status.startswith("1 annotated")


def not_annotated(results: Finished) -> None:
    assert set(results.of("Bad").values()) == {None}
    assert results.mouse("Bad").status.startswith("not annotated")
    assert results.of("Bad", "reader")["EDV"] == pytest.approx(EDV)


def named(name):
    """The mouse has its true values under another name."""
    return Right(lambda results: is_true(results, name))


def smaller(results: Finished) -> None:
    assert 0 < results.of("Bad")["EDV"] < EDV


def no_mass(results: Finished) -> None:
    assert results.of("Bad")["mass_ED"] is None
    assert results.of("Bad")["EDV"] == pytest.approx(EDV)


def squared(change):
    """Add columns to images and masks of all mice until they are square, then change a mouse."""

    def spoil(place):
        for mouse in MICE:
            for name, file in (("Images", "mice"), ("Masks", "mice"), ("Masks", "observer")):
                put(name, lambda v: np.pad(v, ((0, 0), (0, 4), (0, 0), (0, 0)), "edge"), f"{file}/{mouse}.h5")(place)
        change(place)

    return spoil


def misplaced(how):
    return Noted(f"masks do not fit the images: .* with {how} in the masks, by the reference")


def cleared(*slices):
    """Clear the masks of slices at ED."""

    def change(masks):
        masks[:, :, slices, ED] = 0
        return masks

    return change


def clicked(masks):
    masks[1:4, 1:4, 0, ED] = 2
    return masks


def masks_of_g1(place):
    with h5py.File(place / "mice/G1.h5") as file:
        put("Masks", lambda v, masks=file["Masks"][()]: masks)(place)


def hot_pixel(images):
    images = images.astype(np.float32)
    images[0, 0, 0, 0] = 1e9
    return images


def rescaled(place):
    with h5py.File(place / "mice/G1.h5") as file:
        put("Images", lambda v, images=file["Images"][()]: np.round(images * 1.5 + 3).astype(np.uint16))(place)


def extra(name):
    return lambda place: shutil.copy(place / "mice/G1.h5", place / "mice" / name)


def in_folders(place):
    for mouse in MICE:
        (place.folder / f"mice/{mouse}.h5").rename(place / f"mice/{mouse}/{mouse}.h5")


NO_HDF5 = r"mice/Bad\.h5: found .*HDF5"
ANY = r"mice/Bad\.h5: found "
FRAMES = r"mice/Bad\.h5: found .*Frames_with_ROI "
UNREACHABLE = r"mice/Bad\.h5: found .*(link|exist|reach)"

CASES = [
    Case("H01_truncated", truncated, stops("planning", ANY + r"no readable HDF5 file \(truncated file")),
    Case("H02_zero_bytes", content(b""), stops("planning", ANY + "an empty file, expected a readable HDF5 file")),
    Case(
        "H03_not_hdf5",
        content(b"mouse, EDV\n" * 100),
        stops("planning", ANY + r"no readable HDF5 file \(file signature not found"),
    ),
    Case(
        "H04_images_lowercase",
        edit(lambda h5: h5.move("Images", "images")),
        stops("planning", ANY + ".*images.*expected Images"),
    ),
    Case("H05_masks_misspelt", edit(lambda h5: h5.move("Masks", "Mask")), Noted("dataset not used: Mask")),
    Case("H06_rank3", put("Images", lambda v: v[..., 0]), stops("planning", r"Images of shape \(40, 36, 4\)")),
    Case("H07_axes_reversed_matlab", matlab_axes, stops("planning", ANY + r".*(axes|order|MATLAB)")),
    Case("H08_slice_frame_swapped", slice_frame_swapped, Noted("slices and frames look swapped: ")),
    Case("H09_masks_other_shape", put("Masks", lambda v: v[1:]), stops("planning", r"Masks of shape \(39, 36, 4, 5\)")),
    Case("H10_label_3", put("Masks", lambda v: np.where(v == 2, 3, v)), stops("job", ANY + "the labels? 3")),
    Case("H11_labels_8bit", put("Masks", lambda v: v * 85), stops("job", ANY + "the labels 85, 170")),
    Case(
        "H12_nan",
        put("Images", lambda v: np.where(v > 950, np.nan, v)),
        stops("job", ANY + "values in Images that are not finite"),
    ),
    Case(
        "H13_inf",
        put("Images", lambda v: np.where(v > 950, np.inf, v)),
        stops("job", ANY + "values in Images that are not finite"),
    ),
    Case("H14_all_zero", put("Images", lambda v: v * 0), stops("job", ANY + "the constant value 0 in the images")),
    Case("H15_no_annotated", no_datasets("Masks", "Frames_with_ROI"), Right(not_annotated)),
    Case("H16_frame_out_of_range", put("Frames_with_ROI", lambda v: [0, 7]), stops("planning", FRAMES + r"\[0, 7\]")),
    Case("H17_one_based", put("Frames_with_ROI", lambda v: [1, 5]), stops("planning", FRAMES + r"\[1, 5\].*from 0")),
    Case(
        "H18_one_based_inside", put("Frames_with_ROI", lambda v: [1, 3]), stops("job", ANY + "labels in frame .*from 0")
    ),
    Case(
        "H19_frames_duplicated", put("Frames_with_ROI", lambda v: [0, 0, 2]), stops("planning", FRAMES + r"\[0, 0, 2\]")
    ),
    Case("H20_frames_strings", put("Frames_with_ROI", lambda v: [b"ED", b"ES"]), stops("planning", FRAMES)),
    Case("H21_one_slice", one_slice, Right(smaller, noted="slice|Mass|grid")),
    Case("H22_one_frame", one_frame, Right(edv_only, noted="single frame|masks of observer")),
    Case("H24_dangling_link", after_a_run(linked("nowhere.h5")), stops("planning", UNREACHABLE)),
    Case("H24b_dangling_fresh", linked("nowhere.h5"), stops("planning", UNREACHABLE)),
    Case("H25_name_space", renamed("Bad mouse"), named("Bad mouse")),
    Case("H26_name_dots", renamed("Bad.v1.2"), named("Bad.v1.2")),
    Case("H27_name_umlaut", renamed("Mäuschen"), named("Mäuschen")),
    Case(
        "H28_same_content_twice",
        lambda place: shutil.copy(place / "mice/G1.h5", place / BAD),
        Noted("same images twice: the same file as", mouse="Bad|G1"),
    ),
    Case("H29_images_complex", put("Images", lambda v: v.astype(np.complex64)), stops("planning", "type complex64")),
    Case("H30_masks_float_half", put("Masks", lambda v: v * 0.5), stops("job", ANY + "the labels 0.5")),
    Case(
        "H31_images_is_group",
        lambda place: (no_datasets("Images")(place), edit(lambda h5: h5.create_group("Images"))(place)),
        stops("planning", ANY + ".*group"),
    ),
    Case(
        "H32_uppercase_ext",
        lambda place: (place / BAD).rename(place / "mice/Bad.H5"),
        Noted(r"Bad\.H5", mouse=".*"),
    ),
    Case(
        "H32b_hdf5_ext",
        lambda place: (place / BAD).rename(place / "mice/Bad.hdf5"),
        Noted(r"Bad\.hdf5", mouse=".*"),
    ),
    Case(
        "H33_appledouble",
        lambda place: (place / "mice/._G1.h5").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00"),
        Right(noted=r"\._G1\.h5"),
    ),
    Case("H35_labels_swapped", put("Masks", swapped_labels), Noted("labels look swapped: ")),
    Case(
        "H36_spacing_attr_disagrees",
        edit(lambda h5: h5.attrs.update(spacing_mm=[0.4, 0.4, 1.0])),
        stops("planning", ANY + r".*spacing_mm .*0\.4.*expected .*0\.2"),
    ),
    Case(
        "H37_blood_only",
        put("Masks", lambda v: np.where(v == 1, 0, v)),
        Right(no_mass, noted="structure missing|Mass at E[DS] 0 mg"),
    ),
    Case(
        "H38_ed_es_same",
        put("Masks", lambda v: np.where(np.arange(5) == ES, v[..., [ED]], v)),
        Noted("EF out of range: EF 0 %"),
    ),
    Case("H39_int16_negative", put("Images", lambda v: v.astype(np.int16) - 500), Right()),
    Case(
        "H40_subfolder",
        lambda place: (place / BAD).rename(place / "mice/scans/Bad.h5"),
        Noted("scans", mouse=".*"),
    ),
    Case("H41_name_braces", renamed("Bad{1}"), stops("planning", r"Bad\{1\}.*found the character '{' in the name")),
    Case("H42_name_brackets", renamed("M[1]*"), named("M[1]*")),
    Case("H43_name_quote", renamed('Bad "1"'), named('Bad "1"')),
    Case("H44_name_leading_zero", renamed("001"), named("001")),
    Case("H45_name_NA", renamed("NA"), named("NA")),
    Case("H45b_name_nan", renamed("nan"), named("nan")),
    Case("H46_case_only", renamed("g1"), Right(lambda results: is_true(results, "g1"), noted="g1")),
    Case("H47_heart_off_centre", off_centre, Noted("heart outside the network's input")),
    Case(
        "H48_empty_folder",
        lambda place: [path.unlink() for path in (place / "mice").glob("*.h5")],
        stops("planning", r"cohorts\.mine\.source\.folder: found no file \*\.h5 in 'mice'"),
    ),
    Case("H49_frames_missing_dataset", no_datasets("Frames_with_ROI"), Right()),
    Case("H50_name_dash", renamed("-M1"), named("-M1")),
    Case("H51_images_string", put("Images", lambda v: "none"), stops("planning", ANY + ".*Images of shape")),
    Case("H52_tiny_4px", tiny, Noted("tiny images: 4 x 4 pixels")),
    Case("H53_one_bad_chunk", bad_chunk, stops("job", ANY + ".*(damage|read)")),
    Case("H54_constant_slice", blank_slice, Noted("blank slice: slice")),
    # more
    Case("H60_external_link", external_link, stops("planning", ANY + ".*(external|link|another file)")),
    Case(
        "H61_soft_link_to_nothing",
        lambda place: (
            no_datasets("Images")(place),
            edit(lambda h5: h5.__setitem__("Images", h5py.SoftLink("/no")))(place),
        ),
        stops("planning", ANY + ".*Images"),
    ),
    Case(
        "H62_soft_link_loop",
        lambda place: (
            no_datasets("Images")(place),
            edit(lambda h5: h5.__setitem__("Images", h5py.SoftLink("/Images")))(place),
        ),
        stops("planning", ANY + ".*link"),
    ),
    Case("H63_virtual_dataset", virtual, stops("planning", ANY + ".*(virtual|another file|other files)")),
    Case("H64_external_storage", external_storage, stops("planning", ANY + ".*(external|another file|other files)")),
    Case("H65_unknown_filter", unknown_filter, stops("planning", ANY + ".*(filter|compress)")),
    Case("H66_enormous", enormous, stops("planning", ANY + ".*(200000|size|large|memory)")),
    Case("H67_big_endian", put("Images", lambda v: v.astype(">u2")), Right()),
    Case("H68_images_0_to_1", put("Images", lambda v: v / 1000), Right()),
    Case("H69_label_negative", put("Masks", lambda v: -v.astype(np.int64)), stops("job", ANY + "the labels")),
    Case(
        "H70_spacing_attr_text",
        edit(lambda h5: h5.attrs.update(spacing_mm="0.2 x 0.2 x 1.0")),
        stops("planning", ANY + "the attribute spacing_mm"),
    ),
    Case(
        "H71_spacing_attr_negative",
        edit(lambda h5: h5.attrs.update(spacing_mm=[0.2, -0.2, 1.0])),
        stops("planning", ANY + "the attribute spacing_mm"),
    ),
    Case(
        "H72_spacing_attr_two",
        edit(lambda h5: h5.attrs.update(spacing_mm=[0.2, 0.2])),
        stops("planning", ANY + "the attribute spacing_mm"),
    ),
    Case(
        "H73_interval_attr_nan",
        edit(lambda h5: h5.attrs.update(frame_interval_ms=np.nan)),
        stops("planning", ANY + "the attribute frame_interval_ms"),
    ),
    Case(
        "H74_spacing_attr_empty",
        edit(lambda h5: h5.attrs.update(spacing_mm=h5py.Empty("f"))),
        stops("planning", ANY + "the attribute spacing_mm"),
    ),
    Case("H75_frames_empty", put("Frames_with_ROI", lambda v: v[:0]), stops("job", ANY + "labels in frame")),
    Case("H76_frame_negative", put("Frames_with_ROI", lambda v: [-1, 2]), stops("planning", FRAMES + r"\[-1, 2\]")),
    Case(
        "H77_frames_group",
        lambda place: (
            no_datasets("Frames_with_ROI")(place),
            edit(lambda h5: h5.create_group("Frames_with_ROI"))(place),
        ),
        stops("planning", ANY + "a group Frames_with_ROI"),
    ),
    Case(
        "H78_frames_beyond_int64",
        put("Frames_with_ROI", lambda v: np.array([0, 2**63], np.uint64)),
        stops("planning", FRAMES),
    ),
    Case("H79_no_slice", both(lambda v: v[:, :, :0]), stops("planning", r"Images of shape \(40, 36, 0, 5\)")),
    Case(
        "H80_masks_compound",
        put("Masks", lambda v: np.zeros(SHAPE, [("label", "u1"), ("who", "u1")])),
        stops("planning", ANY + ".*Masks"),
    ),
    Case("H81_images_bool", put("Images", lambda v: v > 300), stops("planning", "type bool")),
    Case("H82_open_elsewhere", locked, stops("planning", ANY + ".*(open|lock)")),
    Case("H83_pipe", pipe_instead, stops("planning", ANY + "a device or pipe")),
    Case("H84_link_to_itself", linked("Bad.h5"), stops("planning", ANY + "a link to 'Bad.h5'")),
    Case("H85_name_comma", renamed("M,1"), named("M,1")),
    Case("H86_name_hash", renamed("#1 50%"), named("#1 50%")),
    Case("H87_name_backslash", renamed("M\\1"), named("M\\1")),
    Case("H88_name_newline", renamed("M\n1"), stops("planning", r"found the character '.n' in the name")),
    Case(
        "H89_name_not_utf8",
        renamed("M\udcff", also_observer=False),
        stops("planning", r"found the character .* in the name"),
    ),
    Case("H90_name_long", renamed("M" * 250), stops("planning", "M{20,}.*found a name of 250 bytes")),
    Case("H91_name_decomposed", renamed("Ma\u0308uschen"), named("Ma\u0308uschen")),
    Case("H92_repeated_slices", both(lambda v: v[:, :, [0, 0, 0, 0]]), Noted("repeated slice: slices 2, 3, 4 of 4")),
    Case("H93_float_masks", put("Masks", lambda v: v.astype(np.float32)), Right()),
    Case("H94_frames_whole_floats", put("Frames_with_ROI", lambda v: v.astype(float)), stops("planning", FRAMES)),
    Case("H95_no_masks_but_frames", no_datasets("Masks"), Noted("no masks: Frames_with_ROI without Masks")),
    Case(
        "H96_matlab_userblock",
        lambda place: (place / BAD).write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + (place / BAD).read_bytes()),
        Right(),
    ),
    Case(
        "H97_two_frames_of_ed",
        put("Masks", lambda v: np.where(np.arange(5) == 1, labels()[..., [1]], v)),
        stops("job", ANY + "labels in frame"),
    ),
    Case(
        "H98_label_after_a_run",
        after_a_run(put("Masks", lambda v: v * 3)),
        stops("planning", ANY + "the labels 3, 6 in Masks"),
    ),
    # masks that do not belong to the images
    Case("K01_transposed", squared(put("Masks", lambda v: v.swapaxes(0, 1))), misplaced("rows and columns exchanged")),
    Case("K02_mirrored", squared(put("Masks", lambda v: v[:, ::-1])), misplaced("columns reversed")),
    Case("K03_slices_reversed", put("Masks", lambda v: v[:, :, ::-1]), misplaced("slices reversed")),
    Case("K04_ED_and_ES_exchanged", put("Masks", lambda v: v[..., [2, 1, 0, 3, 4]]), misplaced("frames exchanged")),
    Case("K05_gap_at_ED", put("Masks", cleared(1)), Noted("gap between contoured slices: no contours in slice 2 of 4")),
    Case("K06_ED_in_two_slices", put("Masks", cleared(2, 3)), Noted("fewer slices at ED than at ES: 2 slices")),
    Case("K07_stray_click", put("Masks", clicked), Noted("stray contours: 9 pixels")),
    Case(
        "K08_listed_frame_without_labels",
        put("Frames_with_ROI", lambda v: [0, 2, 4]),
        Noted("listed frame without labels: no labels in frame 5 of 5"),
    ),
    Case("K09_masks_of_another_mouse", masks_of_g1, Noted("same masks twice: the same masks as Bad", mouse="G1")),
    Case("K16_images_in_another_scale", rescaled, Noted("same images twice: the images of Bad in another scale", "G1")),
    Case("K10_hot_pixel", put("Images", hot_pixel), Noted("outlying pixels: .* in 1 of 20 images")),
    *(
        Case(f"K11_{name}", extra(name), Noted(f"files passed over: {name}", mouse=""))
        for name in ("G4.h5.gz", "G4.h5.part", "more.zip", "G4.dcm")
    ),
    Case(
        "K12_mice_in_folders", in_folders, stops("planning", r"found no file \*\.h5 in 'mice', but folders such as Bad")
    ),
    Case(
        "K13_old_matlab", content(b"MATLAB 5.0 MAT-file".ljust(600)), stops("planning", ANY + "a MATLAB file in an old")
    ),
    Case("K14_gzip", lambda p: content(gzip.compress((p / BAD).read_bytes()))(p), stops("planning", ANY + ".*gzip")),
    Case("K15_web_page", content(b"<!DOCTYPE html><html>"), stops("planning", ANY + "a web page")),
    # from trials G: general
    Case("G03_directory_named_h5", folder_instead, stops("planning", ANY + ".*folder")),
    Case(
        "G07_frames_float", put("Frames_with_ROI", lambda v: [0.0, 1.0]), stops("planning", FRAMES + r"\[0\.0, 1\.0\]")
    ),
    Case(
        "G08_masks_group",
        lambda place: (no_datasets("Masks")(place), edit(lambda h5: h5.create_group("Masks"))(place)),
        stops("planning", ANY + ".*group"),
    ),
    Case("G15_frames_2d", put("Frames_with_ROI", lambda v: [[0, 2]]), stops("planning", FRAMES + r"\[\[0, 2\]\]")),
    Case(
        "G22_broken_external_link",
        lambda place: external_link(place, ""),
        stops("planning", ANY + ".*(external|link|another file)"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mouse_file(case, place):
    case.spoil(place)
    place.write()
    check(case, place.folder)
