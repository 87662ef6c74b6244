import dataclasses
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_erosion

import generate_phantom
from murmur.phantom.beat import Beat
from murmur.phantom.cine import image_cine
from murmur.phantom.heart import draw_heart, radii, solve_pose
from murmur.phantom.mouse import phantom_mouse
from murmur.phantom.scanner import SLICE_MM, draw_scanner
from murmur.phantom.varied import draw_varied_heart, draw_varied_scanner


def masked(phantom, label, frame):
    return (phantom.masks[..., frame] == label).sum() * np.prod(phantom.spacing_mm)


@pytest.fixture(scope="module")
def varied():
    return [phantom_mouse(3, index, varied=True) for index in range(4)]


def test_varied_mice_have_two_frames_with_the_true_volumes(varied):
    for phantom in varied:
        assert phantom.images.shape[3] == 2
        assert phantom.frames_with_roi == [0, 1]
        for frame, phase in enumerate(("ED", "ES")):
            assert masked(phantom, 2, frame) == pytest.approx(phantom.truth[f"{phase}V"], rel=0.12, abs=1)
            assert masked(phantom, 1, frame) * 1.05 == pytest.approx(phantom.truth[f"mass_{phase}"], rel=0.08)
        assert (phantom.images.max((0, 1)) > phantom.images.min((0, 1))).all(), "no slice is empty"


def test_varied_stacks_reach_beyond_base_and_apex():
    """The first and the last slice of some stack hold no heart, and every stack holds all of it."""
    empty = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        heart = draw_varied_heart(rng, "control")
        tops = np.sort(draw_varied_scanner(rng, heart, 9.4).slice_tops)
        assert tops[-1] >= heart.length - 0.1
        assert tops[0] - SLICE_MM <= 0.4
        empty.append((tops[0] < 0, tops[-1] - SLICE_MM > heart.length - 0.2))
    assert np.any(empty, axis=0).all()


def test_varied_stacks_hold_slices_of_myocardium_alone_and_up_to_three_above_the_valve_plane(varied):
    alone = [
        sum((mask == 1).any() and not (mask == 2).any() for mask in np.moveaxis(phantom.masks[..., frame], 2, 0))
        for phantom in varied
        for frame in (0, 1)
    ]
    assert np.mean(alone) > 0.7
    above = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        heart = draw_varied_heart(rng, "control")
        above.add(round(draw_varied_scanner(rng, heart, 9.4).slice_tops.max() - heart.length))
    assert above == {1, 2, 3}


def test_varied_walls_are_thin_as_often_as_thick_and_closed():
    thickness = []
    for seed in range(24):
        heart = draw_varied_heart(np.random.default_rng(seed), ("control", "mi_patch")[seed % 2])
        for filling in (1.0, 0.0):
            pose = solve_pose(heart, filling)
            surfaces = radii(heart, pose, np.linspace(0.02, pose.base - 0.02, 60))
            wall = (surfaces["epicardium"] - surfaces["endocardium"])[surfaces["endocardium"] > 0]
            assert wall.min() > 0.2
            thickness.append(np.median(wall))
    at_ed = np.array(thickness[::2])
    assert (at_ed < 0.85).mean() > 0.2
    assert (at_ed > 1.15).mean() > 0.2


def test_the_contour_of_a_varied_mouse_passes_outside_the_fringe():
    """The fringe takes blood from the image and none from the reference; other hearts have none."""
    heart = draw_varied_heart(np.random.default_rng(1), "control")
    smooth = dataclasses.replace(heart, fringe=None)
    pose = solve_pose(heart, 0.0)
    assert solve_pose(smooth, 0.0) == pose
    heights = np.linspace(0.1, pose.base - 0.1, 20)
    surfaces, without = radii(heart, pose, heights), radii(smooth, pose, heights)
    assert "blood" not in without
    assert np.array_equal(surfaces["endocardium"], without["endocardium"])
    share = (surfaces["blood"][7] / surfaces["endocardium"][7]).round(9)
    assert share.min() >= 0.5
    assert 0.5 < share.mean() < 1

    scanner = draw_varied_scanner(np.random.default_rng(1), heart, 9.4)
    beat = Beat(filling=np.array([1.0, 0.0]), flow=np.zeros(2), ed_frame=0, es_frame=1)
    (ragged, masks), (plain, same) = (
        image_cine(np.random.default_rng(1), drawn, beat, scanner, [0, 1]) for drawn in (heart, smooth)
    )
    assert np.array_equal(masks, same)
    edge = (masks == 2) & ~binary_erosion(masks == 2, np.ones((3, 3, 1, 1)))
    assert ragged[edge].mean() < 0.95 * plain[edge].mean()


def test_varied_mice_vary_more():
    """Contrast, noise, volumes and the strands in the cavity spread twice as far as on one scanner, or farther."""

    def spread(draw_one, draw_other):
        values = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            heart = draw_one(rng, "control")
            scanner = draw_other(rng, heart, 9.4)
            values.append([scanner.myocardium, scanner.noise, heart.edv, heart.mass_ed, heart.trabeculae.max()])
        return np.std(values, axis=0)

    assert (spread(draw_varied_heart, draw_varied_scanner) > 2 * spread(draw_heart, draw_scanner)).all()


def test_varied_files_have_the_same_bytes_in_any_process(varied, tmp_path):
    file = str(tmp_path / "Mouse1.h5")
    generate_phantom.main(
        ["Mouse1"],
        ["dcm"],
        [(0, None)],
        [],
        3,
        9.4,
        5.0,
        True,
        [file],
        tmp_path / "p.tsv",
        tmp_path / "truth.csv",
        threads=2,
    )
    generate_phantom.generate_mouse(3, (0, None), None, "dcm", tmp_path / "again.h5", varied=True)
    assert Path(file).read_bytes() == (tmp_path / "again.h5").read_bytes()
    with h5py.File(file) as found:
        assert np.array_equal(found["Images"][()], varied[0].images)
    known = pd.read_csv(tmp_path / "truth.csv").set_index("metric").value
    assert known.to_dict() == pytest.approx(varied[0].truth, rel=1e-14)
