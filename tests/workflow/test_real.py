"""Real images, through the whole workflow, against known answers."""

import pandas as pd
import pytest


def read(workplace, study, path):
    return pd.read_csv(workplace.results(study) / path)


@pytest.fixture
def mice(workplace, real, root, demo):
    (workplace.folder / "mice").symlink_to(real / "mouse")
    network = demo.results("demo") / "readers" / "unet3plus" / "model.keras"
    study = {
        "study": "mice",
        "cohorts": {"real": {"source": {"folder": "mice"}}},
        "readers": {
            "paper_network": {"masks": "mice", "dataset": "Masks_paper_DL"},
            "demo_network": {"weights": str(network)},
            "shipped": {"weights": "murmur"},
        },
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    return workplace


def test_mice_of_the_published_study(mice):
    overlap = read(mice, "mice", "measurements/real/paper_network/overlap.csv")
    assert set(overlap["phase"]) == {"single"}
    dice = overlap.pivot(index="mouse", columns="structure", values="dice")
    known = {"Movie_Best": (0.9546, 0.9562, 0.9554), "Movie_Median": (0.9480, 0.9124, 0.9302)}
    for mouse, (blood_pool, myocardium, mean) in known.items():
        assert dice.loc[mouse, "blood_pool"] == pytest.approx(blood_pool, abs=0.001)
        assert dice.loc[mouse, "myocardium"] == pytest.approx(myocardium, abs=0.001)
        assert dice.loc[mouse].mean() == pytest.approx(mean, abs=0.001)
    assert dice.loc["Mouse4_slice5"].isna().all(), "the paper's network was not given this mouse"

    volumes = {
        reader: read(mice, "mice", f"measurements/real/{reader}/volumes.csv").set_index("mouse")
        for reader in ("reference", "paper_network")
    }
    for mouse, expert, network, mass, network_mass in (
        ("Movie_Best", 22.68, 23.10, 124.76, 125.60),
        ("Movie_Median", 29.68, 31.61, 120.28, 128.78),
    ):
        assert volumes["reference"].loc[mouse, "blood_pool_uL"] == pytest.approx(expert, abs=0.01)
        assert volumes["paper_network"].loc[mouse, "blood_pool_uL"] == pytest.approx(network, abs=0.01)
        assert volumes["reference"].loc[mouse, "myocardium_mg"] == pytest.approx(mass, abs=0.01)
        assert volumes["paper_network"].loc[mouse, "myocardium_mg"] == pytest.approx(network_mass, abs=0.01)

    status = read(mice, "mice", "cohorts/real/manifest.csv")["status"]
    assert status.str.contains("function missing").all()
    agreement = read(mice, "mice", "statistics/real/paper_network/agreement.csv")
    assert (agreement["n"] == 0).all()
    assert agreement["note"].notna().all()

    # What models/README.md says of the weights that ship.
    shipped = read(mice, "mice", "measurements/real/shipped/overlap.csv")
    dice = shipped.pivot(index="mouse", columns="structure", values="dice")
    card = {"Movie_Best": (0.929, 0.929), "Movie_Median": (0.926, 0.902), "Mouse4_slice5": (0.958, 0.883)}
    for mouse, (blood_pool, myocardium) in card.items():
        assert dice.loc[mouse, "blood_pool"] == pytest.approx(blood_pool, abs=0.005)
        assert dice.loc[mouse, "myocardium"] == pytest.approx(myocardium, abs=0.005)

    own = read(mice, "mice", "measurements/real/demo_network/overlap.csv")
    assert own["dice"].between(0, 1).all()
    print(own.to_string())


def test_human_subjects_as_hdf5_and_as_nifti(workplace, real):
    (workplace.folder / "human").symlink_to(real / "human")
    study = {
        "study": "human",
        "cohorts": {
            "hdf5": {"source": {"folder": "human"}, "spacing_mm": [1.367188, 1.367188, 10.0]},
            "nifti": {
                "source": {
                    "nifti": "human",
                    "images": "{mouse}_4d.nii.gz",
                    "masks": "{mouse}_*_frame{frame}_gt.nii.gz",
                }
            },
        },
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    for cohort, mouse, edv, esv, ef in (
        ("hdf5", "SC-HF-I-1", 195.8, 145.2, 25.8),
        ("nifti", "SC-HF-I-4", 233.9, 183.5, 21.5),
    ):
        function = read(workplace, "human", f"measurements/{cohort}/reference/function.csv")
        assert function["mouse"].unique().tolist() == [mouse]
        reference = function.set_index("metric")["reference"]
        assert reference["EDV"] / 1000 == pytest.approx(edv, rel=0.01)
        assert reference["ESV"] / 1000 == pytest.approx(esv, rel=0.01)
        assert reference["EF"] == pytest.approx(ef, rel=0.01)
        assert pd.isna(reference["mass_ES"]), "no myocardium was contoured at ES"
    manifest = read(workplace, "human", "cohorts/nifti/manifest.csv").iloc[0]
    assert (manifest["ed_frame"], manifest["es_frame"]) == (19, 6)
    assert manifest["slice_mm"] == pytest.approx(8.0, rel=1e-3)
    assert manifest["frame_interval_ms"] == pytest.approx(46, rel=1e-3)
