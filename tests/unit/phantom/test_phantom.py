import dataclasses
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_erosion, binary_fill_holes

import generate_phantom
import murmur.phantom.heart
from murmur.measurement.wall import rings_of
from murmur.phantom.beat import draw_beat
from murmur.phantom.cycle import heart_rates
from murmur.phantom.heart import SESSION_SD, TARGETS, Session, draw_heart, radii, solve_pose, targets_of, true_volumes
from murmur.phantom.mouse import phantom_mouse
from murmur.phantom.phenotypes import STUDY, has_inflow_frames, phenotypes_of


@pytest.fixture(scope="module")
def phantoms():
    """One mouse of each phenotype; mouse 12 has inflow frames."""
    return {index: phantom_mouse(1, index) for index in (0, 2, 5, 12)}


@pytest.fixture(scope="module")
def coarse():
    """The first mouse with a third of the frames."""
    return phantom_mouse(1, 0, frame_interval_ms=15)


def masked(phantom, label, frame):
    return (phantom.masks[..., frame] == label).sum() * np.prod(phantom.spacing_mm)


def ed_es(phantom):
    pools = [masked(phantom, 2, frame) for frame in phantom.frames_with_roi]
    return (phantom.frames_with_roi[pick(pools)] for pick in (np.argmax, np.argmin))


def test_phenotypes_are_dealt_in_the_proportions_of_the_study():
    assert set(phenotypes_of(6)) == set(STUDY)
    assert Counter(phenotypes_of(20)) == {"control": 6, "mi_patch": 2, "dcm": 8, "tac": 4}
    assert Counter(phenotypes_of(130)) == STUDY
    assert phenotypes_of(130)[:20] == phenotypes_of(20), "no mouse depends on how many follow it"
    assert sum(map(has_inflow_frames, range(130))) == 4
    assert sum(map(has_inflow_frames, range(20))) == 1


def test_phenotypes_are_dealt_as_counted():
    assert phenotypes_of(STUDY) == phenotypes_of(130)
    assert phenotypes_of({"tac": 2, "control": 2}) == ["tac", "control"] * 2
    assert Counter(phenotypes_of({"control": 5, "mi_patch": 1, "dcm": 3})) == {"control": 5, "mi_patch": 1, "dcm": 3}


def test_layout(phantoms):
    for phantom in phantoms.values():
        rows, columns, slices, frames = phantom.images.shape
        assert (rows, columns) == (256, 256)
        assert 8 <= slices <= 11
        assert 17 <= frames <= 36
        assert phantom.images.dtype == np.uint16
        assert phantom.masks.dtype == np.uint8
        assert phantom.masks.shape == phantom.images.shape
        assert set(np.unique(phantom.masks)) == {0, 1, 2}
        assert phantom.spacing_mm == (0.1, 0.1, 1.0)
        assert phantom.images.max() < 65535
        with_mask = np.flatnonzero(phantom.masks.any((0, 1, 2))).tolist()
        assert with_mask == phantom.frames_with_roi


def test_inflow_frames_lie_between_ed_and_es_and_soon_after(phantoms):
    assert [len(phantom.frames_with_roi) for index, phantom in phantoms.items() if index != 12] == [2] * 3
    ed, es = ed_es(phantoms[12])
    inflow = [frame for frame in phantoms[12].frames_with_roi if frame not in (ed, es)]
    assert any(ed < frame < es for frame in inflow)
    assert any(es < frame for frame in inflow)


def test_mice_of_one_phenotype_differ():
    hearts = [draw_heart(np.random.default_rng(seed), "control") for seed in range(6)]
    assert len({heart.edv for heart in hearts}) == 6
    assert len({heart.rv_angle for heart in hearts}) == 6


@pytest.mark.parametrize("phenotype", TARGETS)
@pytest.mark.parametrize("seed", range(3))
def test_geometry_has_the_drawn_volumes(phenotype, seed):
    heart = draw_heart(np.random.default_rng(seed), phenotype)
    end_diastole, end_systole = (true_volumes(heart, solve_pose(heart, filling)) for filling in (1.0, 0.0))
    assert end_diastole == pytest.approx((heart.edv, heart.mass_ed / 1.05), rel=2e-3)
    assert end_systole == pytest.approx((heart.esv, heart.mass_es / 1.05), rel=2e-3)


@pytest.mark.parametrize("phenotype", TARGETS)
@pytest.mark.parametrize("seed", range(5))
def test_the_wall_is_closed_wherever_there_is_blood(phenotype, seed):
    heart = draw_heart(np.random.default_rng(seed), phenotype)
    for filling in (0.0, 0.5, 1.0):
        pose = solve_pose(heart, filling)
        surfaces = radii(heart, pose, np.linspace(0.02, pose.base - 0.02, 60))
        wall = surfaces["epicardium"] - surfaces["endocardium"]
        assert wall[surfaces["endocardium"] > 0].min() > 0.2


def test_volume_of_a_smooth_ventricle_is_that_of_the_ellipsoid():
    """A bare cavity is a spheroid cut at the base: V = pi r² L (1 - ((1 - c)³ + c³) / (3 c²)), c the widest level."""
    heart = draw_heart(np.random.default_rng(0), "control")
    flat = np.zeros_like(heart.outline)
    heart = dataclasses.replace(heart, outline=flat, cavity_outline=flat, trabeculae=flat, papillary=np.zeros((0, 3)))
    pose = solve_pose(heart, 1.0)
    length, c = heart.length - heart.apex_wall, heart.widest
    level = np.pi * pose.cavity_scale**2 * length * (1 - ((1 - c) ** 3 + c**3) / (3 * c**2))
    assert level == pytest.approx(heart.edv, rel=1e-3)


def test_masks_have_the_true_volumes(phantoms):
    for phantom in phantoms.values():
        ed, es = ed_es(phantom)
        truth = phantom.truth
        assert masked(phantom, 2, ed) == pytest.approx(truth["EDV"], rel=0.05)
        assert masked(phantom, 2, es) == pytest.approx(truth["ESV"], rel=0.08)
        assert masked(phantom, 1, ed) * 1.05 == pytest.approx(truth["mass_ED"], rel=0.06)
        assert masked(phantom, 1, es) * 1.05 == pytest.approx(truth["mass_ES"], rel=0.06)
        assert truth["SV"] == truth["EDV"] - truth["ESV"]
        assert truth["EF"] == pytest.approx(100 * truth["SV"] / truth["EDV"])


def test_truth_lies_in_the_phenotypes_range(phantoms):
    for phantom in phantoms.values():
        for metric, key in (("EDV", "EDV"), ("EF", "EF"), ("mass_ED", "mass")):
            mean, sd = TARGETS[phantom.phenotype][key]
            assert abs(phantom.truth[metric] - mean) < 2.05 * sd


def test_blood_is_bright_lung_and_air_are_dark_and_muscle_lies_between(phantoms):
    for phantom in phantoms.values():
        ed, _ = ed_es(phantom)
        image, mask = phantom.images[..., ed].astype(float), phantom.masks[..., ed]
        blood, muscle, floor = image[mask == 2].mean(), image[mask == 1].mean(), np.percentile(image, 5)
        assert 1.6 < blood / muscle < 4
        assert floor < 0.35 * muscle


def test_rapid_flow_takes_signal_from_the_blood(phantoms):
    phantom = phantoms[12]
    signal = {}
    for frame in phantom.frames_with_roi:
        images, masks = phantom.images[..., frame], phantom.masks[..., frame]
        signal[frame] = np.percentile(images[binary_erosion(masks == 2, np.ones((5, 5, 1)))], 5)
    ed, es = ed_es(phantom)
    inflow = [value for frame, value in signal.items() if frame not in (ed, es)]
    assert min(inflow) < 0.8 * min(signal[ed], signal[es])


def test_rings_are_closed(phantoms):
    for phantom in phantoms.values():
        ed, _ = ed_es(phantom)
        for mask in np.moveaxis(phantom.masks[..., ed], 2, 0):
            filled = binary_fill_holes(mask == 1)
            assert not ((mask == 2) & ~filled).any()


def test_seven_tesla_is_coarser_and_noisier(phantoms):
    low = phantom_mouse(1, 2, field_T=7)
    assert low.spacing_mm == (0.12, 0.12, 1.0)
    assert low.truth == phantoms[2].truth

    def noise_to_blood(phantom):
        frame = phantom.frames_with_roi[0]
        images, mask = phantom.images[..., frame].astype(float), phantom.masks[..., frame]
        return np.percentile(images, 3) / images[mask == 2].mean()

    assert noise_to_blood(low) > noise_to_blood(phantoms[2])


def test_beat_fills_from_end_systole_to_end_diastole():
    for seed in range(20):
        beat = draw_beat(np.random.default_rng(seed))
        assert beat.filling[beat.ed_frame] == 1
        assert beat.filling[beat.es_frame] == 0
        assert beat.ed_frame in (0, 1)
        assert 0.3 < (beat.es_frame - beat.ed_frame) / len(beat.filling) < 0.5
        assert (np.diff(beat.filling[beat.ed_frame : beat.es_frame + 1]) < 0).all()


def test_beat_lasts_as_long_at_any_interval_of_frames():
    for seed in range(20):
        fine, coarse, coarsest = (draw_beat(np.random.default_rng(seed), interval) for interval in (5, 10, 15))
        assert len(fine.filling) == len(draw_beat(np.random.default_rng(seed)).filling)
        for interval, beat in ((10, coarse), (15, coarsest)):
            assert abs(interval * len(beat.filling) - 5 * len(fine.filling)) <= interval / 2
            assert (beat.filling[beat.ed_frame], beat.filling[beat.es_frame]) == (1, 0)
            assert beat.inflow_frames
    assert coarse.es_frame < fine.es_frame


def test_mouse_is_made_of_a_phenotype_at_an_interval_of_frames(phantoms):
    mouse = phantom_mouse(1, 0, phenotype="tac", frame_interval_ms=15)
    assert (mouse.phenotype, mouse.frame_interval_ms) == ("tac", 15)
    assert 6 <= mouse.images.shape[3] <= 12
    assert mouse.truth["mass_ED"] > phantoms[0].truth["mass_ED"], "the same draw from a heavier phenotype"
    for frame, phase in zip(ed_es(mouse), ("ED", "ES"), strict=True):
        assert masked(mouse, 2, frame) == pytest.approx(mouse.truth[f"{phase}V"], rel=0.12, abs=1)


def test_files_have_the_published_layout_and_the_same_bytes_in_any_process(coarse, tmp_path):
    mice = ["Mouse1", "Mouse2"]
    files = [str(tmp_path / "made" / f"{mouse}.h5") for mouse in mice]
    table, truth = tmp_path / "made/participants.tsv", tmp_path / "made/truth.csv"
    generate_phantom.main(
        mice,
        ["dcm", "control"],
        [(0, None), (1, None)],
        [],
        1,
        9.4,
        15.0,
        False,
        files,
        str(table),
        str(truth),
        threads=2,
    )
    generate_phantom.generate_mouse(1, (0, None), None, "dcm", tmp_path / "again.h5", frame_interval_ms=15.0)
    assert Path(files[0]).read_bytes() == (tmp_path / "again.h5").read_bytes()
    made = sorted(path.name for path in table.parent.iterdir())
    assert made == ["Mouse1.h5", "Mouse2.h5", "participants.tsv", "truth.csv"]

    people = pd.read_csv(table, sep="\t")
    assert people.mouse.tolist() == mice
    assert people.phenotype.tolist() == ["dcm", "control"]
    volumes = pd.read_csv(truth)
    assert volumes.columns.tolist() == ["mouse", "metric", "unit", "value"]
    known = volumes[volumes.mouse == "Mouse1"].set_index("metric").value
    assert known.to_dict() == pytest.approx(coarse.truth, rel=1e-14)
    with h5py.File(files[0]) as file:
        assert file["Images"].chunks == (256, 256, 1, 1)
        assert np.array_equal(file["Masks"][()], coarse.masks)
        assert file["Frames_with_ROI"][()].tolist() == coarse.frames_with_roi
        assert file.attrs["spacing_mm"].tolist() == [0.1, 0.1, 1.0]
        assert file.attrs["frame_interval_ms"] == 15.0


def test_corrupted_scans_are_of_the_same_mouse_with_masks_at_ed_and_es(coarse, tmp_path):
    made = {}
    for corruption in ("none", "blur 2", "spacing 4"):
        path = tmp_path / f"{corruption}.h5"
        generate_phantom.generate_mouse(1, (0, None), corruption, "dcm", path, frame_interval_ms=15.0)
        with h5py.File(path) as file:
            made[corruption] = file["Images"][()], file["Masks"][()], file.attrs["spacing_mm"].tolist()
            frames = file["Frames_with_ROI"][()].tolist()
        assert frames == sorted(ed_es(coarse))
        assert np.flatnonzero(made[corruption][1].any(axis=(0, 1, 2))).tolist() == frames
        np.testing.assert_array_equal(made[corruption][1][..., frames], coarse.masks[..., frames])
    np.testing.assert_array_equal(made["none"][0], coarse.images)
    assert (
        np.abs(np.diff(made["blur 2"][0].astype(int), axis=0)).mean()
        < 0.5 * np.abs(np.diff(made["none"][0].astype(int), axis=0)).mean()
    )
    assert min(abs(made["spacing 4"][2][0] - pixel) for pixel in (0.14, 0.1 / 1.4)) < 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_true_rates_are_those_of_the_beat(seed):
    """With frames every 0.1 ms, differences between frames approach the slopes."""
    beat = draw_beat(np.random.default_rng(seed), 0.1)
    slope = np.diff(beat.filling) / 0.1
    time = (np.arange(len(slope)) + 0.5) * 0.1 - beat.truth["ED_time"]
    systole = (time > 0) & (time < beat.truth["ejection_time"])
    assert -slope[systole].min() == pytest.approx(beat.truth["peak_ejection_rate"], rel=0.01)
    assert time[systole][slope[systole].argmin()] == pytest.approx(beat.truth["time_to_peak_ejection"], abs=0.3)
    diastole = time - beat.truth["ejection_time"]
    early = (diastole > 0) & (diastole < (beat.cycle_ms - beat.truth["ejection_time"]) / 2)
    assert slope[early].max() == pytest.approx(beat.truth["peak_filling_rate"], rel=0.01)
    assert diastole[early][slope[early].argmax()] == pytest.approx(beat.truth["time_to_peak_filling"], abs=0.3)
    assert abs(beat.filling.argmin() * 0.1 - beat.truth["ES_time"]) < 0.3


def test_heart_rate_is_known_without_generating_the_mouse(phantoms):
    rates = heart_rates(1, 13)
    for index, phantom in phantoms.items():
        assert phantom.truth["heart_rate"] == rates[index]
        one_beat = 60_000 / (phantom.masks.shape[3] * phantom.frame_interval_ms)
        assert 0.98 <= one_beat / rates[index] <= 1.08
        assert phantom.truth["cardiac_output"] == pytest.approx(phantom.truth["SV"] * rates[index] / 1000)


def test_thickness_of_masks_is_that_of_the_geometry(phantoms):
    """The mean over all rings, within half a pixel of 0.1 mm."""
    for phantom in phantoms.values():
        for phase, frame in zip(("ED", "ES"), ed_es(phantom), strict=True):
            rings = rings_of(phantom.masks[..., frame], phantom.spacing_mm)
            truth = np.mean([phantom.wall_mm[phase][ring.slice].mean() for ring in rings])
            assert np.mean([ring.thickness_mm.mean() for ring in rings]) == pytest.approx(truth, abs=0.05)


def test_phenotype_develops_over_the_sessions_of_the_same_mouse():
    scans = [phantom_mouse(5, 3, phenotype="mi_patch", frame_interval_ms=30, session=(n, 3)) for n in range(3)]
    ef = [scan.truth["EF"] for scan in scans]
    assert ef[0] > ef[1] > ef[2]
    again = phantom_mouse(5, 3, phenotype="mi_patch", frame_interval_ms=30, session=(1, 3))
    assert np.array_equal(again.images, scans[1].images)
    rates = [scan.truth["heart_rate"] for scan in scans]
    assert rates == heart_rates(5, 4, 30, sessions=3)[9:]


@pytest.mark.parametrize("phenotype", list(TARGETS))
def test_effects_of_a_session_lie_between_those_of_health_and_the_phenotype(phenotype):
    healthy, ill = (np.array(list(TARGETS[name].values())) for name in ("control", phenotype))
    np.testing.assert_allclose(targets_of(phenotype, 0.0), healthy)
    np.testing.assert_allclose(targets_of(phenotype, 0.25), 0.75 * healthy + 0.25 * ill)
    np.testing.assert_allclose(targets_of(phenotype, 1.0), ill)


def test_sessions_of_a_mouse_vary_less_than_mice(monkeypatch):
    monkeypatch.setattr(murmur.phantom.heart, "with_closed_wall", lambda heart: heart)

    def edv(seed, session):
        return draw_heart(
            np.random.default_rng(seed), "control", Session(0.0, np.random.default_rng((seed, session)))
        ).edv

    found = np.array([[edv(seed, session) for session in range(4)] for seed in range(100)])
    within, between = np.sqrt(found.var(axis=1, ddof=1).mean()), found.mean(axis=1).std(ddof=1)
    assert within / between == pytest.approx(SESSION_SD, rel=0.2)
