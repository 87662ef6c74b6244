import numpy as np
import pytest

import plot_time_volume
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from round_hearts import without_reference, write_cohort


def plot(folder, paths):
    output = folder / "figure.svg"
    files = [paths[name] for name in ("volumes", "function", "frames", "manifest", "overlap")]
    plot_time_volume.main(*files, [str(output)])
    return output


@pytest.mark.parametrize(("mice", "example"), [(1, "Mouse1"), (2, "Mouse2"), (3, "Mouse2"), (5, "Mouse3")])
def test_every_frame_of_the_median_mouse_is_a_point(tmp_path, monkeypatch, mice, example):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, mice)
    plot(tmp_path, paths)
    left, right = seen[0].axes
    cine = read_csv(paths["volumes"]).query("mouse == @example")
    lines = {line.get_label(): line for line in left.lines}
    points = lines["reader, every frame"]
    assert points.get_xdata().tolist() == cine["time_ms"].tolist()
    assert points.get_ydata().tolist() == cine["blood_pool_uL"].tolist()
    assert left.get_title(loc="left").split(" (")[0] == f"One scan: {example}"
    assert len(right.lines) == mice
    assert all(max(line.get_ydata()) == 100 for line in right.lines)
    key = {text.get_text() for text in right.get_legend().texts}
    assert key == ({example, "other scans"} if mice > 1 else {example})
    assert smallest_font(seen[0]) >= 7


def test_the_guide_goes_through_the_points_and_no_further(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, write_cohort(tmp_path, 1))
    lines = {line.get_label(): line.get_ydata() for line in seen[0].axes[0].lines}
    guide, points = lines["guide to the eye"], lines["reader, every frame"]
    assert points.min() <= guide.min() and guide.max() <= points.max()
    assert (guide[0], guide[-1]) == pytest.approx((points[0], points[-1]))


def test_ed_and_es_of_both_are_marked(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, 1)
    plot(tmp_path, paths)
    lines = {line.get_label(): line for line in seen[0].axes[0].lines}
    values = read_csv(paths["function"]).set_index("metric")
    for label, who in (("reader, ED and ES", "reader"), ("reference, ED and ES", "reference")):
        assert list(lines[label].get_xdata()) == [0, 15]
        assert list(lines[label].get_ydata()) == pytest.approx(values.loc[["EDV", "ESV"], who].to_list())
    names = {text.get_text(): text.xy[1] for text in seen[0].axes[0].texts}
    assert names["ED"] == pytest.approx(values.loc["EDV", ["reference", "reader"]].max())
    assert names["ES"] == pytest.approx(values.loc["ESV", ["reference", "reader"]].min())


def test_a_mouse_without_annotation_is_marked_at_its_extremes(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, 1)
    for name in ("overlap", "function"):
        write_csv(read_csv(paths[name]).iloc[:0], paths[name])
    manifest = read_csv(paths["manifest"])
    write_csv(manifest.assign(annotated_frames="", ed_frame=None, es_frame=None), paths["manifest"])
    plot(tmp_path, paths)
    lines = {line.get_label(): line for line in seen[0].axes[0].lines}
    assert list(lines["reader, ED and ES"].get_xdata()) == [0, 15]
    assert "reference, ED and ES" not in lines


def test_ed_and_es_chosen_by_a_person_are_marked(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = without_reference(write_cohort(tmp_path, 1))
    chosen = read_csv(paths["frames"]).assign(ed_frame=1, es_frame=4, frames="chosen")
    write_csv(chosen, paths["frames"])
    plot(tmp_path, paths)
    lines = {line.get_label(): line for line in seen[0].axes[0].lines}
    assert list(lines["reader, ED and ES"].get_xdata()) == [5, 20]


def test_frames_without_a_mask_are_left_out(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, 1)
    volumes = read_csv(paths["volumes"])
    volumes.loc[~volumes["frame"].isin([0, 3]), "blood_pool_uL"] = None
    write_csv(volumes, paths["volumes"])
    plot(tmp_path, paths)
    lines = {line.get_label(): line for line in seen[0].axes[0].lines}
    assert list(lines["reader, every frame"].get_xdata()) == [0, 15]


def test_only_what_the_reader_segmented_is_marked(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, 1)
    volumes = read_csv(paths["volumes"])
    volumes.loc[volumes["frame"].isin([0, 4]), "blood_pool_uL"] = None
    write_csv(volumes, paths["volumes"])
    plot(tmp_path, paths)
    left = seen[0].axes[0]
    lines = {line.get_label(): line for line in left.lines}
    assert list(lines["reader, every frame"].get_xdata()) == [5, 10, 15, 25]
    assert np.isnan(lines["reader, ED and ES"].get_ydata()).tolist() == [True, False]
    expert = read_csv(paths["function"]).set_index("metric")["reference"]
    assert list(lines["reference, ED and ES"].get_xdata()) == [0, 15]
    assert list(lines["reference, ED and ES"].get_ydata()) == [expert["EDV"], expert["ESV"]]
    assert {text.get_text(): text.xy[0] for text in left.texts if text.get_text() != "A"} == {"ED": 0, "ES": 15}


def test_a_reader_of_other_frames_alone(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, 1)
    volumes = read_csv(paths["volumes"])
    volumes.loc[~volumes["frame"].isin([1, 2, 4]), "blood_pool_uL"] = None
    write_csv(volumes, paths["volumes"])
    plot(tmp_path, paths)
    labels = [line.get_label() for line in seen[0].axes[0].lines]
    assert "reader, ED and ES" not in labels and "reference, ED and ES" in labels


def test_no_frame_at_all_is_said_in_words(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    paths = write_cohort(tmp_path, 2)
    write_csv(read_csv(paths["volumes"]).assign(blood_pool_uL=None), paths["volumes"])
    write_csv(read_csv(paths["overlap"]).iloc[:0], paths["overlap"])
    plot(tmp_path, paths)
    assert "No cine has two segmented frames, so there are no curves." in words(seen[0])


def test_one_frame_is_said_in_words(tmp_path, monkeypatch):
    seen = record_figures(monkeypatch)
    plot(tmp_path, write_cohort(tmp_path, 2, frames=1))
    assert "Fewer than two frames of this cine are segmented, so there is no curve." in words(seen[0])
    assert "No cine has two segmented frames, so there are no curves." in words(seen[0])


def test_same_data_same_bytes(tmp_path):
    paths = write_cohort(tmp_path, 1)
    assert plot(tmp_path, paths).read_bytes() == plot(tmp_path, paths).read_bytes()
