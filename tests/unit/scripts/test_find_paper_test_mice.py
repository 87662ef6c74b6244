from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

import check_cohort
import describe_cohort
import draw_paper_split
import find_paper_test_mice
from murmur.csv_tables import read_csv, write_csv
from murmur.data.manifest import read_manifest
from murmur.errors import BadInput
from paper_cohort import write_paper_cohort


@pytest.fixture(scope="module")
def figure3(root):
    return root / "config/published/figure3.csv"


@pytest.fixture(scope="module")
def cohort(figure3, tmp_path_factory):
    """130 mouse files with 25 of the paper's volumes, and their manifest; named where the figure's mice are."""
    folder = tmp_path_factory.mktemp("cohort")
    found = write_paper_cohort(folder, figure3)
    files = sorted(map(str, folder.glob("*.h5")))
    check_cohort.main(files, None, None, str(folder / "checked.csv"), threads=1, inflow=True)
    describe_cohort.main(str(folder / "checked.csv"), {}, {}, {}, str(folder / "manifest.csv"))
    return folder, found


@pytest.fixture(scope="module")
def function(cohort):
    """The reference's volumes counted in the masks, as function.csv has them."""
    folder, _ = cohort
    rows = []
    for name in read_manifest(folder / "manifest.csv"):
        with h5py.File(folder / f"{name}.h5") as file:
            voxels = np.count_nonzero(file["Masks"][()] == 2, axis=(0, 1, 2))
        rows += [(name, "EDV", "uL", voxels[0] * 0.01), (name, "ESV", "uL", voxels[-1] * 0.01)]
    return pd.DataFrame(rows, columns=["mouse", "metric", "unit", "reference"]).assign(reader=np.nan)


@pytest.fixture
def find(figure3, tmp_path):
    def run(function, manifest=None):
        write_csv(function, tmp_path / "function.csv")
        find_paper_test_mice.main(figure3, tmp_path / "function.csv", tmp_path / "found.csv", manifest)
        return read_csv(tmp_path / "found.csv")

    return run


def with_mouse(function, name, edv, esv):
    rows = [(name, "EDV", "uL", edv, np.nan), (name, "ESV", "uL", esv, np.nan)]
    return pd.concat([function, pd.DataFrame(rows, columns=function.columns)])


def volumes_of(function, mouse):
    return function.loc[function["mouse"] == mouse, "reference"].tolist()


def test_the_25_mice_are_found_in_130(cohort, function, find, caplog):
    folder, names = cohort
    table = find(function, folder / "manifest.csv")
    assert function["mouse"].nunique() == 130
    assert dict(zip(table["figure_id"], table["mouse"], strict=True)) == names
    assert set(table["verdict"]) == {"accepted"}
    assert table["note"].isna().all()
    assert table["residual_uL"].max() < 0.01  # the figure's values rounded to whole voxels
    assert table["annotated_images"].sum() == 460
    assert "460 annotated images in total, those of the paper 460" in caplog.text


def test_distances_are_those_of_the_nearest_mice(function, find, figure3):
    table = find(function)
    wide = function.pivot(index="mouse", columns="metric", values="reference")
    figure = pd.read_csv(figure3).pivot(index="mouse", columns="metric", values="reference")
    for row in table.itertuples():
        edv, esv = figure.loc[row.figure_id, "EDV"], figure.loc[row.figure_id, "ESV"]
        distances = np.sqrt((wide["EDV"] - edv) ** 2 + (wide["ESV"] - esv) ** 2)
        assert distances[row.mouse] == pytest.approx(row.residual_uL, rel=1e-8)
        assert distances.drop(row.mouse).min() == pytest.approx(row.next_best_uL, rel=1e-8)
    assert table["annotated_images"].isna().all()


def test_order_does_not_matter(cohort, function, find):
    shuffled = function.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(find(shuffled), find(function))


def test_twin_is_ambiguous(cohort, function, find):
    _, names = cohort
    edv, esv = volumes_of(function, names["M07"])
    table = find(with_mouse(function, "Twin", edv, esv + 0.03)).set_index("figure_id")
    assert table.loc["M07", "verdict"] == "refused"
    assert "ambiguous" in table.loc["M07", "note"]
    assert "Twin" in table.loc["M07", "note"]
    assert (table["verdict"].drop("M07") == "accepted").all()
    farther = find(with_mouse(function, "Twin", edv, esv + 0.08)).set_index("figure_id")
    assert farther.loc["M07", "verdict"] == "accepted"


def test_mouse_that_is_too_far_is_refused(cohort, function, find):
    _, names = cohort
    moved = function.copy()
    moved.loc[(moved["mouse"] == names["M12"]) & (moved["metric"] == "EDV"), "reference"] += 0.15
    table = find(moved).set_index("figure_id")
    assert table.loc["M12", "verdict"] == "refused"
    assert table.loc["M12", "note"].startswith("poor: 0.15")
    assert (table["verdict"].drop("M12") == "accepted").all()


def test_reading_errors_are_accepted(function, find, figure3, tmp_path):
    errors = np.random.default_rng(5).normal(0, 0.015, len(function)).round(2)
    table = find(function.assign(reference=function["reference"] + errors))
    assert set(table["verdict"]) == {"accepted"}


def test_small_cohort_matches_what_it_can(cohort, function, find):
    _, names = cohort
    few = function[function["mouse"].isin([names["M03"], names["M20"]])]
    table = find(few).set_index("figure_id")
    assert len(table) == 25
    assert table.loc[["M03", "M20"], "mouse"].tolist() == [names["M03"], names["M20"]]
    assert table.loc["M01", "note"] == "no mouse left: 2 with EDV and ESV for 25 of the figure"
    for mice in (1, 0):
        assert len(find(function[function["mouse"] == names["M03"]].iloc[: 2 * mice])) == 25


def test_missing_volume_is_no_match(cohort, function, find, caplog):
    _, names = cohort
    gone = function.copy()
    gone.loc[(gone["mouse"] == names["M05"]) & (gone["metric"] == "ESV"), "reference"] = np.nan
    table = find(gone).set_index("figure_id")
    assert table.loc["M05", "verdict"] == "refused"
    assert f"without EDV or ESV: 1 ({names['M05']})" in caplog.text


def test_another_number_of_images_is_said(cohort, function, find, tmp_path):
    folder, names = cohort
    manifest = read_csv(folder / "manifest.csv")
    manifest.loc[manifest["mouse"] == names["M01"], "slices"] -= 1
    write_csv(manifest, tmp_path / "manifest.csv")
    table = find(function, tmp_path / "manifest.csv")
    assert set(table["note"]) == {"the 25 mice have 458 annotated images in total, those of the paper 460"}


def test_split_tests_on_the_mice_found(cohort, function, find, tmp_path):
    folder, names = cohort
    find(function, folder / "manifest.csv")
    draw_paper_split.main(
        tmp_path / "found.csv", folder / "manifest.csv", tmp_path / "split.csv", validation=15, seed=42
    )
    split = read_csv(tmp_path / "split.csv")
    assert list(split.columns) == ["mouse", "split"]
    assert split["split"].value_counts().to_dict() == {"train": 90, "validation": 15, "test": 25}
    assert set(split["mouse"][split["split"] == "test"]) == set(names.values())
    inflow = read_csv(folder / "manifest.csv").dropna(subset="inflow_frames")["mouse"]
    assert len(inflow) == 4
    assert set(split["split"][split["mouse"].isin(inflow)]) == {"train"}
    first = Path(tmp_path / "split.csv").read_bytes()
    draw_paper_split.main(
        tmp_path / "found.csv", folder / "manifest.csv", tmp_path / "split.csv", validation=15, seed=42
    )
    assert Path(tmp_path / "split.csv").read_bytes() == first
    draw_paper_split.main(
        tmp_path / "found.csv", folder / "manifest.csv", tmp_path / "split.csv", validation=15, seed=1
    )
    assert Path(tmp_path / "split.csv").read_bytes() != first


def test_no_split_without_all_mice(cohort, function, find, tmp_path):
    folder, names = cohort
    find(with_mouse(function, "Twin", *volumes_of(function, names["M07"])))
    with pytest.raises(BadInput, match=r"found 24 of 25.*M07 \(ambiguous: 0\.00\d uL away and"):
        draw_paper_split.main(
            tmp_path / "found.csv", folder / "manifest.csv", tmp_path / "split.csv", validation=15, seed=42
        )
    assert not (tmp_path / "split.csv").exists()


def test_no_split_that_tests_on_inflow_mice_or_has_none_to_train(cohort, function, find, tmp_path):
    folder, names = cohort
    find(function)
    manifest = read_csv(folder / "manifest.csv")
    frames = {"annotated_frames": "0;1;2", "inflow_frames": "1", "ed_frame": 0, "es_frame": 2}
    manifest.loc[manifest["mouse"] == names["M02"], list(frames)] = list(frames.values())
    write_csv(manifest, tmp_path / "manifest.csv")
    with pytest.raises(BadInput, match=f"inflow frames in {names['M02']}"):
        draw_paper_split.main(
            tmp_path / "found.csv", tmp_path / "manifest.csv", tmp_path / "split.csv", validation=15, seed=42
        )
    write_csv(read_csv(folder / "manifest.csv")[lambda t: t["mouse"].isin(names.values())], tmp_path / "manifest.csv")
    with pytest.raises(BadInput, match="found 25 mice in the cohort"):
        draw_paper_split.main(
            tmp_path / "found.csv", tmp_path / "manifest.csv", tmp_path / "split.csv", validation=15, seed=42
        )
