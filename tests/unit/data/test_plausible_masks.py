import numpy as np
import pytest

from murmur.data.mouse import check_mouse
from murmur.data.mouse_file import write_cine
from murmur.data.plausible_masks import Imported, check_same_masks, look_at_masks
from round_hearts import disc_masks

SPACING = (0.25, 0.25, 1.0)
ED, ES = 0, 3
SIGNAL = [300, 200, 800]  # of background, myocardium and blood pool


def heart(shift: int = 0) -> np.ndarray:
    """Masks of a heart that tapers from slice to slice, off the centre of the image."""
    discs = np.concatenate([disc_masks([r - n for r in (13, 11, 8, 7, 9, 12)], slices=1) for n in range(5)], axis=2)
    return np.roll(discs, (12, 3 + shift), axis=(0, 1))


@pytest.fixture
def look(tmp_path):
    """Returns a function that writes a mouse and a reader's masks, and returns what is odd about them."""

    def look(change=lambda masks: masks, reader=None, frames=(ED, ES), own=False, sizes=(), signal=SIGNAL, **written):
        truth = heart()
        images = np.choose(truth, signal) + np.random.default_rng(1).normal(0, 20, truth.shape)
        path, segmentation = str(tmp_path / "M1.h5"), str(tmp_path / "reader.h5")
        masks = np.where(np.isin(np.arange(6), frames), truth, 0).astype(np.uint8)
        listed, spacing = written.get("listed", frames), written.get("spacing", SPACING)
        write_cine(
            path, np.clip(images + 200, 0, None).astype(np.uint16), change(masks), listed, {"spacing_mm": spacing}
        )
        imported = {}
        if reader:
            observed, segmented = reader(heart(shift=1))
            write_cine(segmentation, masks=observed.astype(np.uint8), frames=segmented)
            imported = {"observer": Imported(segmentation, own)}
        found = look_at_masks(path, check_mouse(path), dict(sizes), imported).found
        return {finding.check: finding.found for finding in found}

    return look


def at(frame, change, slices=slice(None)):
    """Change the masks of a frame."""

    def changed(masks):
        masks[:, :, slices, frame] = change(masks[:, :, slices, frame])
        return masks

    return changed


def test_good_mouse(look):
    assert look(sizes={"net": 64}) == {}
    assert look(reader=lambda masks: (masks, [ED, ES])) == {}
    assert look(reader=lambda masks: (masks, range(6))) == {}


def test_labels(look):
    assert "labels look swapped" in look(lambda masks: np.choose(masks, [0, 2, 1]).astype(np.uint8))
    apart = look(lambda masks: np.where(masks == 2, 2, np.roll(masks == 1, 25, axis=0)).astype(np.uint8))
    assert "myocardium not around the blood pool" in apart
    found = look(lambda masks: masks * (masks == 2))
    assert found["structure missing"] == "only one in 2 of 2 annotated frames by the reference"
    assert not any("Mass" in check for check in found), "a mass of 0 is the same finding"


def test_heart_outside_the_input_of_a_network(look):
    found = look(sizes={"net": 48, "wide": 64})
    assert found == {"heart outside the network's input": "3% of the contours outside the central 48 x 48 pixels"}


def test_volumes_of_the_reference(look):
    assert look(spacing=(1.0, 1.0, 1.0))["EDV out of range"].endswith(" µL by the reference")
    still = look(lambda masks: np.where(np.arange(6) == ES, masks[..., [ED]], masks))
    assert still["EF out of range"] == "EF 0 % by the reference"


def none(masks):
    return 0 * masks


def click(masks):
    masks[2:4, 60:62] = 1
    return masks


def dot(masks):
    masks[2, 60] = 1
    return masks


@pytest.mark.parametrize(
    ("change", "check", "found"),
    [
        (
            at(ED, none, 1),
            "gap between contoured slices",
            "no contours in slice 2 of 5, frame 1 of 6, by the reference",
        ),
        (at(ES, np.sign, 3), "gap in the blood pool", "no blood pool in slice 4 of 5, frame 4 of 6, by the reference"),
        (at(ED, none, slice(3, 5)), "fewer slices at ED than at ES", "3 slices at ED and 5 at ES by the reference"),
        (at(ED, click, 2), "stray contours", "4 pixels apart from the heart by the reference"),
        (at(ED, dot, 2), "stray contours", "1 pixel apart from the heart by the reference"),
    ],
)
def test_contours_that_are_missing_or_stray(look, change, check, found):
    assert look(change)[check] == found


def test_slices_that_may_lack_contours(look):
    assert look(at(ES, none, 4)) == {}, "the apex at ES"
    assert look(at(ED, none, 4)) == {}, "one slice at ED"
    assert look(at(ES, np.sign, 4)) == {}, "no blood at the apex"


def test_listed_frame_without_labels(look):
    assert look(listed=[ED, ES, 5]) == {"listed frame without labels": "no labels in frame 6 of 6"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda masks: masks.swapaxes(0, 1), "rows and columns exchanged"),
        (lambda masks: masks[::-1], "rows reversed"),
        (lambda masks: masks[:, ::-1], "columns reversed"),
        (lambda masks: masks[::-1, ::-1], "rows reversed and columns reversed"),
        (lambda masks: np.rot90(masks), "rows and columns exchanged and "),
        (lambda masks: masks[:, :, ::-1], "slices reversed"),
        (lambda masks: masks[..., [3, 1, 2, 0, 4, 5]], "frames exchanged"),
    ],
)
def test_masks_in_another_orientation(look, change, words):
    found = look(change)["masks do not fit the images"]
    assert f"with {words}" in found and found.endswith("in the masks, by the reference")
    found = look(reader=lambda masks: (change(masks), [ED, ES]))["masks do not fit the images"]
    assert f"with {words}" in found and found.endswith("in the masks, by observer")


@pytest.mark.parametrize("signal", [[300, 800, 200], [900, 600, 800], [0, 100, 900]])
def test_masks_fit_whatever_structure_is_the_brighter_one(look, signal):
    assert look(signal=signal) == {}


def test_masks_elsewhere(look):
    found = look(lambda masks: np.roll(masks, (-25, -20), axis=(0, 1)))
    assert "masks do not fit the images" in found


@pytest.mark.parametrize(
    ("reader", "found"),
    [
        (lambda masks: (0 * masks, [ED, ES]), {"masks without labels": "background only by observer"}),
        (lambda masks: (0 * masks, []), {}),  # listed as a mouse without masks
        (lambda masks: (masks, [ED]), {"ED or ES without masks": "no masks in frame 4 of 6 by observer"}),
        (lambda masks: (masks, [1, 4]), {"ED or ES without masks": "no masks in frames 1, 4 of 6 by observer"}),
    ],
)
def test_masks_of_a_reader_that_are_missing(look, reader, found):
    assert look(reader=reader) == found


def test_masks_at_other_phases(look):
    assert look(reader=lambda masks: (masks, [1, 4]), own=True) == {}
    found = look(reader=lambda masks: (masks[::-1], [1, 4]), own=True)
    assert list(found) == ["masks do not fit the images"]


def test_masks_of_a_mouse_without_reference(look):
    assert look(none, reader=lambda masks: (masks, range(6)), frames=()) == {}
    found = look(none, reader=lambda masks: (np.choose(masks, [0, 2, 1]), range(6)), frames=())
    assert list(found) == ["labels look swapped"]


def test_same_masks(tmp_path):
    mice = []
    for number in (1, 2):
        path = str(tmp_path / f"M{number}.h5")
        write_cine(path, np.full((40, 40, 1, 2), number).astype(np.uint16) + np.arange(2, dtype=np.uint16))
        mice.append(check_mouse(path))
    a, b, c = ({0: name, 3: name} for name in "abc")
    good = [{"reference": a, "first": b, "second": {3: "d"}}, {"reference": c, "first": {0: "e"}, "second": {}}]
    assert list(check_same_masks(mice, good)) == []
    wrong = [{"reference": a, "first": {0: "a"}, "second": b}, {"reference": a, "first": {}, "second": b}]
    found = [(finding.mouse, finding.check, finding.found) for finding in check_same_masks(mice, wrong)]
    assert found == [
        ("M2", "same masks twice", "the same masks as M1 by the reference"),
        ("M2", "same masks twice", "the same masks as M1 by second"),
        ("", "same masks as the reference", "those of first in M1"),
    ]
