import h5py
import numpy as np
import pandas as pd
import pytest

import measure_function
import measure_volumes
from murmur.data.mouse import describe
from murmur.data.mouse_file import write_cine
from murmur.measurement.function import function, structure_volumes, voxel_volume

SPACING = (0.1, 0.1, 1.0)


USED = ["ed_frame", "es_frame", "frames"]


def ball(radius_mm, spacing, shape):
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    y, x, z = np.meshgrid(*axes, indexing="ij")
    return x**2 + y**2 + z**2 <= radius_mm**2


def test_voxel_of_the_study_is_a_hundredth_of_a_microlitre():
    assert voxel_volume(SPACING) == pytest.approx(0.01)


def test_volume_of_a_ball():
    spacing = (0.05, 0.06, 0.07)
    stack = np.where(ball(2.0, spacing, (90, 80, 70)), 2, 0)
    assert structure_volumes(stack, spacing)["blood_pool"] == pytest.approx(4 / 3 * np.pi * 8, rel=2e-3)
    assert structure_volumes(stack, spacing)["myocardium"] == 0


def test_function_of_known_volumes():
    found = function({"blood_pool_uL": 60, "myocardium_mg": 100}, {"blood_pool_uL": 24, "myocardium_mg": 104})
    assert found == {"EDV": 60, "ESV": 24, "SV": 36, "EF": 60, "mass_ED": 100, "mass_ES": 104}


def test_empty_ventricle_has_no_ejection_fraction():
    assert np.isnan(function({"blood_pool_uL": 0, "myocardium_mg": 1}, {"blood_pool_uL": 0, "myocardium_mg": 1})["EF"])


@pytest.fixture
def cohort(tmp_path):
    """Three mice: annotated at ED (frame 3) and ES (0), at one frame, and not at all; ES has no myocardium."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 99, (20, 20, 4, 5)).astype(np.uint16)
    masks = np.zeros(images.shape, np.uint8)
    masks[:8, :10, 1, 3], masks[:4, :5, 1, 3] = 1, 2
    masks[:2, :5, 1, 0] = 2
    write_cine(tmp_path / "A.h5", images, masks, [0, 3])
    single = np.zeros_like(masks)
    single[..., 3] = masks[..., 3]
    write_cine(tmp_path / "B.h5", images, single, [3])
    write_cine(tmp_path / "C.h5", images)
    rows = [describe(str(tmp_path / f"{m}.h5"), None, None, None) for m in "ABC"]
    pd.DataFrame(rows).astype({"ed_frame": "Int64", "es_frame": "Int64"}).to_csv(tmp_path / "manifest.csv", index=False)
    reader = np.zeros_like(masks)
    for frame, voxels in enumerate((12, 30, 6, 22, 0)):
        reader[..., 2, frame].flat[:0] = 0
        plane = np.zeros(400, np.uint8)
        plane[:voxels], plane[voxels : voxels + 50] = 2, 1
        reader[..., 2, frame] = plane.reshape(20, 20)
    for mouse in "ABC":
        write_cine(tmp_path / f"reader_{mouse}.h5", masks=reader, frames=list(range(5)))
    return tmp_path


def measured(cohort):
    manifest = str(cohort / "manifest.csv")

    def outputs(name):
        return str(cohort / f"{name}.csv"), str(cohort / f"{name}_slices.csv")

    measure_volumes.main(manifest, list("ABC"), [str(cohort / f"reader_{m}.h5") for m in "ABC"], False, *outputs("v"))
    measure_volumes.main(manifest, list("AB"), [str(cohort / f"{m}.h5") for m in "AB"], True, *outputs("r"))
    return manifest


def test_volumes_of_every_frame(cohort):
    measured(cohort)
    volumes = pd.read_csv(cohort / "v.csv")
    assert volumes.columns.tolist() == ["mouse", "frame", "time_ms", "blood_pool_uL", "myocardium_mg"]
    assert len(volumes) == 15
    first = volumes[volumes["mouse"] == "A"]
    np.testing.assert_allclose(first["blood_pool_uL"], [0.12, 0.30, 0.06, 0.22, 0])
    np.testing.assert_allclose(first["myocardium_mg"], [0.525] * 5)
    np.testing.assert_allclose(first["time_ms"], [0, 5, 10, 15, 20])


def test_reference_is_missing_where_nothing_was_annotated(cohort):
    measured(cohort)
    reference = pd.read_csv(cohort / "r.csv").set_index(["mouse", "frame"])
    assert reference.loc[("A", 3), "blood_pool_uL"] == pytest.approx(0.20)
    assert reference.loc[("A", 3), "myocardium_mg"] == pytest.approx(0.60 * 1.05)
    assert np.isnan(reference.loc[("A", 0), "myocardium_mg"])
    assert reference.loc[("A", 1)].isna().tolist() == [False, True, True]


def functions(cohort, own):
    """Function and frames of mice A to C; the reference of mouse C has no values."""
    manifest = measured(cohort)
    described = pd.read_csv(cohort / "r.csv")
    extra = described[described["mouse"] == "A"].assign(mouse="C", blood_pool_uL=None, myocardium_mg=None)
    pd.concat([described, extra]).to_csv(cohort / "r.csv", index=False)
    paths = [str(cohort / f"{name}.csv") for name in ("v", "r", "function", "frames")]
    measure_function.main(manifest, *paths[:2], own, *paths[2:])
    return pd.read_csv(paths[2]), pd.read_csv(paths[3]).set_index("mouse")


def test_function_at_the_reference_frames(cohort):
    table, frames = functions(cohort, own=False)
    assert table["unit"].tolist()[:6] == ["uL", "uL", "uL", "%", "mg", "mg"]
    rows = table.set_index(["mouse", "metric"])
    assert rows.loc[("A", "EDV"), ["reference", "reader"]].tolist() == pytest.approx([0.20, 0.22])
    assert rows.loc[("A", "ESV"), ["reference", "reader"]].tolist() == pytest.approx([0.10, 0.12])
    assert rows.loc[("A", "EF"), "reader"] == pytest.approx(100 * 0.10 / 0.22)
    assert np.isnan(rows.loc[("A", "mass_ES"), "reference"])
    assert rows.loc["B", ["reference", "reader"]].isna().all().all()
    assert np.isnan(rows.loc[("C", "EDV"), "reference"])
    assert rows.loc[("C", "EDV"), "reader"] == pytest.approx(0.30)
    assert rows.loc[("C", "ESV"), "reader"] == pytest.approx(0.0)
    assert frames.loc["A"].tolist() == [3, 0, "reference", -2, -1]
    assert frames.loc["B"].isna().all()
    assert frames.loc["C", USED].tolist() == [1, 4, "own"] and frames.loc["C"].isna().sum() == 2


def test_function_at_the_frames_of_the_reader(cohort):
    table, frames = functions(cohort, own=True)
    rows = table.set_index(["mouse", "metric"])
    assert rows.loc[("A", "EDV"), ["reference", "reader"]].tolist() == pytest.approx([0.20, 0.30])
    assert rows.loc[("A", "ESV"), ["reference", "reader"]].tolist() == pytest.approx([0.10, 0.0])
    assert rows.loc[("B", "EDV"), "reader"] == pytest.approx(0.30)
    assert frames.loc["A", USED].tolist() == frames.loc["B", USED].tolist() == [1, 4, "own"]


def test_areas_of_every_slice_add_up_to_the_volume(cohort):
    measured(cohort)
    slices = pd.read_csv(cohort / "v_slices.csv")
    assert len(slices) == 3 * 5 * 4
    volumes = pd.read_csv(cohort / "v.csv").set_index(["mouse", "frame"])["blood_pool_uL"]
    sums = slices.groupby(["mouse", "frame"])["blood_pool_mm2"].sum()  # slices of 1 mm
    np.testing.assert_allclose(sums, volumes)
    assert slices.loc[slices["myocardium_mm2"] > 0, "slice"].unique().tolist() == [2]
    reference = pd.read_csv(cohort / "r_slices.csv")
    assert reference.groupby("mouse")["frame"].unique().map(list).to_dict() == {"A": [0, 3], "B": [3]}


def test_written_mouse_has_one_chunk_per_image(cohort):
    with h5py.File(cohort / "A.h5") as file:
        assert file["Images"].chunks == (20, 20, 1, 1)
