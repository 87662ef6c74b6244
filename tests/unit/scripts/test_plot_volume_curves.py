import numpy as np
import pandas as pd

import average_curves
import plot_volume_curves
from compared_groups import measured, settings_of
from drawn_figures import record_figures, smallest_font, words
from murmur.csv_tables import read_csv, write_csv
from murmur.presentation.style import MM

SESSIONS = ("baseline", "day 7", "day 28")


def draw(folder, monkeypatch, sizes, sessions=(), frames=20):
    """Draw the curves of a study whose volumes follow a cosine; return the figure, the curves and their means."""
    scans, settings = measured(sizes, sessions), settings_of(sizes, sessions, next(iter(sizes)))
    cine = pd.DataFrame({"frame": range(frames), "time_ms": 5.0 * np.arange(frames)})
    wave = np.cos(2 * np.pi * np.arange(frames) / frames)
    volumes = [
        cine.assign(mouse=row["mouse"], blood_pool_uL=row["EDV_uL"] - 15 + 15 * wave)
        for row in scans.to_dict("records")
    ]
    write_csv(pd.concat(volumes), folder / "volumes.csv")
    write_csv(scans.assign(heart_rate_bpm=60_000 / (5.0 * frames)), folder / "measurements.csv")
    paths = [str(folder / name) for name in ("volumes.csv", "measurements.csv", "curves.csv", "means.csv")]
    average_curves.main(*paths[:2], settings, *paths[2:])
    seen = record_figures(monkeypatch)
    plot_volume_curves.main(*paths[2:], [str(folder / "figure.png")], settings)
    return seen[0], *map(read_csv, paths[2:])


def test_each_animal_and_the_mean_of_each_group_and_session_are_drawn(tmp_path, monkeypatch):
    sizes = {"sham": 4, "MI": 5}
    figure, curves, means = draw(tmp_path, monkeypatch, sizes, SESSIONS)
    assert smallest_font(figure) >= 7
    assert figure.get_size_inches()[1] / MM <= 250
    panels = np.reshape(figure.axes, (3, 2))
    for row, session in zip(panels, SESSIONS, strict=True):
        for axes, group in zip(row, sizes, strict=True):
            thin = [line for line in axes.lines if line.get_linewidth() == 0.5]
            assert len(thin) == sizes[group]
            own = curves[(curves["session"] == session) & (curves["group"] == group)]
            np.testing.assert_allclose(np.concatenate([line.get_ydata() for line in thin]), own["volume_uL"])
            (mean,) = [line for line in axes.lines if line.get_linewidth() == 1.3]
            expected = means[(means["session"] == session) & (means["group"] == group)]["mean_uL"]
            np.testing.assert_allclose(mean.get_ydata(), expected)
            n = f"n = {sizes[group]}" if session == SESSIONS[0] else ""
            assert axes.get_title().endswith(n) and bool(axes.get_title()) == bool(n), "given once"
        assert session in [text.get_text() for text in row[0].texts]


def test_too_few_frames_are_said(tmp_path, monkeypatch):
    figure, curves, _ = draw(tmp_path, monkeypatch, {"sham": 3, "MI": 3}, frames=4)
    assert curves.empty
    assert words(figure) == ["No scan has a known heart rate and enough segmented frames for a curve."]
