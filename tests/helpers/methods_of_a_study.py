"""A study as the methods section describes it: settings, tables and records made up for the tests, and its words."""

import pandas as pd

from murmur.measurement.curve import CINE, RECORDED
from murmur.presentation.prose.measurement_methods import Measured
from murmur.presentation.prose.methods import StudyTables, sections
from murmur.study.schema import complete, in_force

STUDY = {
    "study": "both",
    "cohorts": {
        "ours": {
            "source": {"folder": "mice"},
            "participants": "participants.tsv",
            "split": {"train": 4, "validation": 1, "test": 3, "seed": 77},
        },
        "theirs": {"source": {"phantom": {"mice": 2, "seed": 9, "field_T": 7}}},
    },
    "readers": {
        "net": {"train_on": "ours", "network": {"filters": [3, 6, 12, 24, 48], "size": 192, "downsample": 2}},
        "given": {"weights": "given.keras", "mice": "all", "cohorts": ["ours"]},
        "second": {"masks": "observer", "postprocess": "none", "cohorts": ["ours"]},
    },
    "statistics": {"observers": ["second"]},
}
TRAINING = {
    "parameters": 123456,
    "parameters_trainable": 123000,
    "slices": {"train": 1044, "validation": 31},
    "mice": {"train": ["M1", "M2", "M3", "M4"], "validation": ["M5"]},
    "epochs_trained": 37,
    "best_epoch": 29,
    "best_val_loss": 0.61803,
    "device": {"kind": "gpu", "xla": True},
}
HISTORY = pd.DataFrame({"epoch": [28, 29], "val_dice_myocardium": [0.1, 0.8125], "val_dice_blood_pool": [0.1, 0.9062]})
VERSIONS = {"keras": ["3.15.1"], "python": ["3.11.7"], "snakemake": ["9.27.1", "9.28.0"]}
COMMITS = ["a" * 40, "b" * 40 + "+"]
DIGEST = "9245dbca" * 8
OF_AGREEMENT = (
    "p",
    "loa_low",
    "loa_low_ci_low",
    "slope_p",
    "tost_p",
    "icc2",
    "shapiro_p",
    "wilcoxon_p",
    "pearson_r",
    "icc3",
    "repeatability_coefficient",
)
# what the words ask of the statistical tables of a study in which everything was computed
MADE = {
    name: pd.DataFrame(columns)
    for name, columns in {
        "agreement": {column: [0.5] for column in OF_AGREEMENT} | {"n": [8], "scans": [8]},
        "overlap_anova": {"p": [0.5]},
        "overlap_pairwise": {"p": [0.5]},
        "overlap_model": {"F": [2.0]},
        "dice_error": {"p": [0.5]},
        "group_tests": {"test": ["welch_anova", "welch_anova", "anova"], "df1": [3, 1, 3]},
        "sample_size": {"metric": ["EDV", "EF", "mass_ED"], "groups": [2, 2, 2], "reasons": [""] * 3},
        "reader_comparison": {"measure": ["dice", "absolute_error"]},
        "reader_ranking": {"rank_ci_low": [1.0, None]},
        "reader_beside_observer": {"loa_width_ratio": [1.5]},
        "cohort_comparison": {"ratio_ci_low": [0.5]},
    }.items()
}
MEASURED = Measured(
    names={"EDV", "mass_ED", "heart_rate", "cardiac_output", "peak_ejection_rate", "wall_thickness_ED"},
    frames={
        name: pd.Series(counts)
        for name, counts in {
            "reference": {"reference": 8},
            "net": {"reference": 4, "own": 1},
            "given": {"reference": 6, "chosen": 1},
            "second": {"reference": 2},
        }.items()
    },
    heart_rates={CINE, RECORDED},
)


def manifest(n, **columns):
    """A manifest of `n` mice with the columns that the words are filled in from."""
    usual = {
        "mouse": [f"M{i}" for i in range(1, n + 1)],
        "phenotype": None,
        "rows": 256,
        "columns": 240,
        "slices": 9,
        "frames": 14,
        "row_mm": 0.1,
        "column_mm": 0.1,
        "slice_mm": 1.0,
        "frame_interval_ms": 5.0,
        "annotated_frames": "0;6",
        "ed_frame": 0,
        "es_frame": 6,
        "inflow_frames": None,
        "status": "annotated",
        "spacing_assumed": False,
        "frame_interval_assumed": False,
        "images_sha256": "0",
    }
    return pd.DataFrame(usual | columns)


OURS = manifest(
    8,
    phenotype=["control", "TAC"] * 3 + ["TAC", None],
    slices=[8, 9, 10, 11, 8, 8, 8, 8],
    annotated_frames=["0;6", "0;6", "0;6", "0;2;3;6", "0;6", "0;6", "4", None],
    es_frame=[6, 6, 6, 6, 6, 6, None, None],
    inflow_frames=[None, None, None, "2;3", None, None, None, None],
)
SPLIT = pd.DataFrame({"mouse": OURS["mouse"], "split": ["train"] * 4 + ["validation"] + ["test"] * 3})
THEIRS = manifest(2, row_mm=0.12, column_mm=0.12, phenotype="dcm")


def words(study=STUDY, made=MADE, excluded=None, checks=(), measured=MEASURED, versions=VERSIONS, **training):
    """Return the whole text of a study in one string."""
    settings = in_force(complete(study))
    record = TRAINING | {part: settings["readers"]["net"][part] for part in ("network", "training")} | training
    tables = StudyTables(
        settings=settings,
        manifests={"ours": OURS, "theirs": THEIRS},
        splits={"ours": SPLIT, "theirs": pd.DataFrame({"mouse": ["M1", "M2"], "split": "test"})},
        functions={},
        trained={"net": (record, HISTORY)},
        weights={"given": DIGEST},
        made=made,
        versions=versions,
        commits=COMMITS,
        excluded={"ours": excluded or {}, "theirs": {}},
        checks={"ours": pd.DataFrame({"mouse": checks}), "theirs": pd.DataFrame({"mouse": []})},
        measured=measured,
    )
    return "\n".join(text for texts in sections(tables).values() for text in texts)


def bare_study(settings, **more):
    """Return the tables of a study that has none but `more`."""
    names = ("manifests", "splits", "functions", "trained", "weights", "made", "excluded", "checks")
    given = {name: {} for name in names} | {"versions": VERSIONS, "commits": COMMITS} | more
    return StudyTables(settings, **given)
