"""Methods section of a study in words: all paragraphs by heading.

`settings` are those of the study file with every default filled in. No number is typed in these modules except in
citations: each comes from the settings, the tables, the record of a training, or a constant of the module that computes
with it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from murmur.presentation.prose import (
    cohort_methods,
    comparison_methods,
    measurement_methods,
    segmentation_methods,
    statistical_methods,
    training_methods,
)
from murmur.presentation.prose.differences import Compared
from murmur.presentation.prose.measurement_methods import NOTHING_MEASURED, Measured
from murmur.presentation.prose.phrases import enumerate_words, paragraph, parenthesis
from murmur.subject import in_scans
from murmur.vocabulary import METRICS, in_order

# The packages that compute or draw, as their authors write them; records list the others too.
PACKAGES = {
    "snakemake": "Snakemake",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "tensorflow_cpu": "TensorFlow",
    "openvino": "OpenVINO",
    "numpy": "NumPy",
    "scipy": "SciPy",
    "pandas": "pandas",
    "statsmodels": "statsmodels",
    "pingouin": "pingouin",
    "scikit-image": "scikit-image",
    "surface_distance": "surface-distance",
    "matplotlib": "Matplotlib",
    "seaborn": "seaborn",
}


def sections(
    settings: dict,
    manifests: Mapping[str, pd.DataFrame],
    splits: Mapping[str, pd.DataFrame],
    functions: Mapping[str, Mapping[str, pd.DataFrame]],
    trained: Mapping[str, tuple[dict, pd.DataFrame]],
    weights: Mapping[str, str],
    made: Mapping[str, pd.DataFrame],
    versions: Mapping[str, list[str]],
    commits: list[str],
    excluded: Mapping[str, Mapping[str, str]],
    checks: Mapping[str, pd.DataFrame],
    animals: Mapping[str, int] | None = None,
    compared: Sequence[Compared] = (),
    measured: Measured = NOTHING_MEASURED,
) -> dict[str, list[str]]:
    """Return the paragraphs under each heading.

    Tables are by cohort, those of `functions` by cohort and reader; `trained` has training.json and history.csv by
    reader, `weights` the SHA-256 of a reader's weights, `made` the statistical tables that hold a result, by name,
    `excluded` the reasons of the excluded mice and `checks` the findings of the plausibility checks, both by cohort.
    `animals` gives the number of animals of each cohort whose animals have several scans, and `measured` what was
    measured in images.
    """
    cohorts, animals = settings["cohorts"], animals or {}
    readers = settings["readers"] if manifests else {}
    contoured = any(table["annotated_frames"].notna().any() for table in manifests.values())
    contoured |= any(table["reference"].notna().any() for tables in functions.values() for table in tables.values())

    def of_cohort(name: str, text: str) -> str:
        return in_scans(text) if name in animals else text

    return {
        "Mice and images" if manifests else "Mice": [
            *(
                of_cohort(name, cohort_methods.images(name, cohorts[name], table, excluded[name], animals.get(name, 0)))
                for name, table in manifests.items()
            ),
            *(
                of_cohort(name, cohort_methods.numbers_alone(name, tables, excluded[name], animals.get(name, 0)))
                for name, tables in functions.items()
            ),
            cohort_methods.plausibility(checks),
        ],
        "Reference contours": [
            of_cohort(name, cohort_methods.contours(name, cohorts[name], table, splits[name]))
            for name, table in manifests.items()
        ],
        "Data split": [
            of_cohort(name, cohort_methods.split(name, cohorts[name], manifests[name], table))
            for name, table in splits.items()
            if trained or "split" in cohorts[name]
        ],
        "Segmentation": [
            in_scans(text) if animals.keys() >= cohorts.keys() else text
            for text in segmentations(settings, manifests, splits, trained, weights, "openvino" in versions)
        ]
        if manifests
        else [],
        "Measurements": measurements(manifests, readers, compared, measured, bool(animals)),
        "Statistical analysis": statistics(settings["statistics"], readers, manifests, functions, made, bool(animals)),
        "Comparison of groups": [comparison_methods.methods(found, len(compared) > 1) for found in compared],
        "Software": [software(versions, commits)],
        "To be completed by the authors": [to_be_completed(cohorts, made, contoured, bool(compared))],
    }


def segmentations(
    settings: dict,
    manifests: Mapping[str, pd.DataFrame],
    splits: Mapping[str, pd.DataFrame],
    trained: Mapping[str, tuple[dict, pd.DataFrame]],
    weights: Mapping[str, str],
    openvino: bool,
) -> list[str]:
    """Return the paragraphs about all readers of images; `openvino` tells whether OpenVINO computed the networks."""
    readers, longest = settings["readers"], max(table["frames"].max() for table in manifests.values())
    of_readers = [text for name in readers for text in paragraphs_of_reader(name, settings, splits, trained, weights)]
    return [*of_readers, segmentation_methods.masks(readers, settings["inference"], longest, openvino)]


def paragraphs_of_reader(
    name: str,
    settings: dict,
    splits: Mapping[str, pd.DataFrame],
    trained: Mapping[str, tuple[dict, pd.DataFrame]],
    weights: Mapping[str, str],
) -> list[str]:
    """Return the paragraphs about a reader of images: its kind, its training and its segmentations."""
    reader = settings["readers"][name]
    which = ["test"] if reader["mice"] == "test" else ["train", "validation", "test"]
    read = {cohort: int(splits[cohort]["split"].isin(which).sum()) for cohort in reader.get("cohorts", splits)}
    if not any("split" in settings["cohorts"][cohort] for cohort in read):
        reader = reader | {"mice": "all"}  # without a split, all mice are test mice
    if name not in trained:
        simulated = any("phantom" in settings["cohorts"][cohort]["source"] for cohort in read)
        return [segmentation_methods.other_reader(name, reader, weights.get(name), read, simulated)]
    record, history = trained[name]
    return [
        training_methods.network(name, record),
        training_methods.training(name, record, history),
        segmentation_methods.application(name, reader, read),
    ]


def measurements(
    manifests: Mapping[str, pd.DataFrame],
    readers: Mapping[str, dict],
    compared: Sequence[Compared],
    measured: Measured,
    repeated: bool,
) -> list[str]:
    """Return the paragraphs about what was measured; `repeated` tells whether animals have several scans."""
    names = [name for found in compared for name in found.measures]
    named = measurement_methods.compared_measures(names, bool(manifests))
    if not manifests:
        return [named]
    return [
        measurement_methods.phases(measured, readers, repeated),
        measurement_methods.measures(measured),
        measurement_methods.further_measures(measured),
        named,
        measurement_methods.overlap_measures(manifests.values()),
    ]


def statistics(
    given: dict,
    readers: Mapping[str, dict],
    manifests: Mapping[str, pd.DataFrame],
    functions: Mapping[str, Mapping[str, pd.DataFrame]],
    made: Mapping[str, pd.DataFrame],
    repeated: bool,
) -> list[str]:
    """Return the paragraphs about the statistics of agreement; `repeated` tells whether animals have several scans."""
    numbers = [set(table["metric"]) for tables in functions.values() for table in tables.values()]
    measured = [metric for metric in METRICS if manifests or any(metric in found for found in numbers)]
    known = [in_order(table["phenotype"].dropna().unique()) for table in manifests.values()]
    controls = {names[0] for names in known if len(names) > 1}
    return [
        statistical_methods.conventions(given, made, measured, repeated),
        statistical_methods.agreement(given, made["agreement"]) if "agreement" in made else "",
        statistical_methods.overlap(made, controls),
        statistical_methods.groups(made["group_tests"]) if "group_tests" in made else "",
        statistical_methods.sample_size(given, made["sample_size"]) if "sample_size" in made else "",
        statistical_methods.readers(given, made, readers),
        statistical_methods.between_cohorts() if "cohort_comparison" in made else "",
        statistical_methods.supplement(made),
    ]


def software(versions: Mapping[str, list[str]], commits: Iterable[str]) -> str:
    """Give the commit of the code and the packages that computed or drew, all versions where there are several."""
    used = [f"{shown} {enumerate_words(versions[name])}" for name, shown in PACKAGES.items() if name in versions]
    at = [
        f"{commit.rstrip('+')}{' with uncommitted changes' if commit.endswith('+') else ''}"
        for commit in commits
        if commit != "unknown"
    ]
    code = parenthesis(f"commit {enumerate_words(at)}" if at else "")
    packages = f" with {enumerate_words(used)}" if used else ""
    return paragraph(
        f"analyses were run with Murmur{code} in Python {enumerate_words(versions['python'])}{packages}; provenance "
        "records list all versions, inputs and settings"
    )


def to_be_completed(cohorts: Mapping[str, dict], made: Collection[str], contoured: bool, compared: bool) -> str:
    """List what authors must add: what is known neither from the images nor from the settings.

    `contoured` tells whether any mouse has a reference, `compared` whether groups are compared.
    """
    points = []
    if any("phantom" not in cohort["source"] for cohort in cohorts.values()):
        points += [
            "the animals (strain, sex, age and ethics approval)",
            "image acquisition (scanner, field strength, sequence and gating)",
            *["contouring (observers, their experience and blinding, and the handling of papillary muscles)"]
            * contoured,
            "exclusions before the analysis",
            *["the treatment of each group, and how animals were allocated (`arrive.md` lists all items)"] * compared,
        ]
    points += ["the meaning of the phenotype labels"] if "group_tests" in made else []
    points += ["the choice of the equivalence margins"] if "agreement" in made else []
    return paragraph(f"add what Murmur cannot know: {enumerate_words(points)}" if points else "")
