"""Methods section of a study in words: all paragraphs by heading.

`settings` are those of the study file with every default filled in. No number is typed in these modules except in
citations: each comes from the settings, the tables, the record of a training, or a constant of the module that computes
with it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class StudyTables:
    """The settings, tables and records of a study from which its methods section is written.

    Attributes
    ----------
    settings : dict
        Of the study file, with every default filled in.
    manifests, splits : mapping of str to DataFrame
        Of each cohort with images.
    functions : mapping of str to mapping of str to DataFrame
        function.csv of each cohort without images, by reader.
    trained : mapping of str to (dict, DataFrame)
        training.json and history.csv of each reader trained here.
    weights : mapping of str to str
        SHA-256 of the weights of readers.
    made : mapping of str to DataFrame
        The statistical tables that hold a result, by name.
    versions : mapping of str to list of str
        Versions of each package that was used.
    commits : list of str
        Commits of the code that was used.
    excluded : mapping of str to mapping of str to str
        The reasons of the excluded mice of each cohort.
    checks : mapping of str to DataFrame
        The findings of the plausibility checks of each cohort.
    animals : mapping of str to int
        The number of animals of each cohort whose animals have several scans.
    volumes : mapping of str to DataFrame
        volumes.csv of the reference of each cohort with images that has one.
    compared : sequence of Compared
        The comparisons of groups.
    measured : Measured
        What was measured in images.
    """

    settings: dict
    manifests: Mapping[str, pd.DataFrame]
    splits: Mapping[str, pd.DataFrame]
    functions: Mapping[str, Mapping[str, pd.DataFrame]]
    trained: Mapping[str, tuple[dict, pd.DataFrame]]
    weights: Mapping[str, str]
    made: Mapping[str, pd.DataFrame]
    versions: Mapping[str, list[str]]
    commits: list[str]
    excluded: Mapping[str, Mapping[str, str]]
    checks: Mapping[str, pd.DataFrame]
    animals: Mapping[str, int] = field(default_factory=dict)
    volumes: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    compared: Sequence[Compared] = ()
    measured: Measured = NOTHING_MEASURED

    @property
    def readers(self) -> Mapping[str, dict]:
        """The settings of each reader of images."""
        return self.settings["readers"] if self.manifests else {}

    @property
    def contoured(self) -> bool:
        """Whether any mouse has a reference."""
        if any(table["annotated_frames"].notna().any() for table in self.manifests.values()):
            return True
        return any(table["reference"].notna().any() for tables in self.functions.values() for table in tables.values())


def sections(study: StudyTables) -> dict[str, list[str]]:
    """Return the paragraphs under each heading."""
    cohorts, animals, excluded = study.settings["cohorts"], study.animals, study.excluded

    def of_cohort(name: str, text: str) -> str:
        return in_scans(text) if name in animals else text

    return {
        "Mice and images" if study.manifests else "Mice": [
            *(
                of_cohort(name, cohort_methods.images(name, cohorts[name], table, excluded[name], animals.get(name, 0)))
                for name, table in study.manifests.items()
            ),
            *(
                of_cohort(name, cohort_methods.numbers_alone(name, tables, excluded[name], animals.get(name, 0)))
                for name, tables in study.functions.items()
            ),
            cohort_methods.simulated_phenotypes(
                table for name, table in study.manifests.items() if "phantom" in cohorts[name]["source"]
            ),
            cohort_methods.plausibility(study.checks),
        ],
        "Reference contours": [
            of_cohort(
                name, cohort_methods.contours(name, cohorts[name], table, study.splits[name], study.volumes.get(name))
            )
            for name, table in study.manifests.items()
        ],
        "Data split": [
            of_cohort(name, cohort_methods.split(name, cohorts[name], study.manifests[name], table))
            for name, table in study.splits.items()
            if study.trained or "split" in cohorts[name]
        ],
        "Segmentation": [in_scans(text) if animals.keys() >= cohorts.keys() else text for text in segmentations(study)],
        "Measurements": measurements(study),
        "Statistical analysis": statistics(study),
        "Comparison of groups": [
            comparison_methods.methods(found, len(study.compared) > 1) for found in study.compared
        ],
        "Software": [software(study.versions, study.commits)],
        "To be completed by the authors": [to_be_completed(cohorts, study.made, study.contoured, bool(study.compared))],
    }


def segmentations(study: StudyTables) -> list[str]:
    """Return the paragraphs about all readers of images."""
    if not study.manifests:
        return []
    longest = max(table["frames"].max() for table in study.manifests.values())
    masks = segmentation_methods.masks(
        study.readers, study.settings["inference"], longest, openvino="openvino" in study.versions
    )
    return [*(text for name in study.readers for text in paragraphs_of_reader(name, study)), masks]


def paragraphs_of_reader(name: str, study: StudyTables) -> list[str]:
    """Return the paragraphs about a reader of images: its kind, its training and its segmentations."""
    reader, cohorts, splits = study.settings["readers"][name], study.settings["cohorts"], study.splits
    which = ["test"] if reader["mice"] == "test" else ["train", "validation", "test"]
    read = {cohort: int(splits[cohort]["split"].isin(which).sum()) for cohort in reader.get("cohorts", splits)}
    if not any("split" in cohorts[cohort] for cohort in read):
        reader = reader | {"mice": "all"}  # without a split, all mice are test mice
    if name not in study.trained:
        simulated = any("phantom" in cohorts[cohort]["source"] for cohort in read)
        return [segmentation_methods.other_reader(name, reader, study.weights.get(name), read, simulated)]
    record, history = study.trained[name]
    return [
        training_methods.network(name, record),
        f"{training_methods.training(name, record, history)} {training_methods.folds(reader)}".strip(),
        segmentation_methods.application(name, reader, read),
    ]


def measurements(study: StudyTables) -> list[str]:
    """Return the paragraphs about the measurements."""
    names = [name for found in study.compared for name in found.measures]
    named = measurement_methods.compared_measures(names, bool(study.manifests))
    if not study.manifests:
        return [named]
    return [
        measurement_methods.phases(study.measured, study.readers, bool(study.animals)),
        measurement_methods.measures(study.measured),
        measurement_methods.further_measures(
            study.measured, all("phantom" in cohort["source"] for cohort in study.settings["cohorts"].values())
        ),
        named,
        measurement_methods.overlap_measures(study.manifests.values()),
    ]


def statistics(study: StudyTables) -> list[str]:
    """Return the paragraphs about the statistics of agreement."""
    given, made = study.settings["statistics"], study.made
    numbers = [set(table["metric"]) for tables in study.functions.values() for table in tables.values()]
    measured = [metric for metric in METRICS if study.manifests or any(metric in found for found in numbers)]
    known = [in_order(table["phenotype"].dropna().unique()) for table in study.manifests.values()]
    controls = {names[0] for names in known if len(names) > 1}
    return [
        statistical_methods.conventions(given, made, measured, bool(study.animals)),
        statistical_methods.agreement(given, made["agreement"]) if "agreement" in made else "",
        statistical_methods.overlap(made, controls),
        statistical_methods.groups(made["group_tests"]) if "group_tests" in made else "",
        statistical_methods.sample_size(given, made["sample_size"]) if "sample_size" in made else "",
        statistical_methods.readers(given, made, study.readers),
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
    code = parenthesis(f"commit{'s' * (len(at) > 1)} {enumerate_words(at)}" if at else "")
    packages = f" with {enumerate_words(used)}" if used else ""
    return paragraph(
        f"analyses were run with Murmur{code} in Python {enumerate_words(versions['python'])}{packages}; provenance "
        "records list all versions, inputs and settings"
    )


def to_be_completed(cohorts: Mapping[str, dict], made: Collection[str], contoured: bool, compared: bool) -> str:
    """List what authors must add: what is known neither from the images nor from the settings.

    `contoured` tells whether any mouse has a reference, `compared` whether groups are compared.
    """
    points, acquired = [], any("phantom" not in cohort["source"] for cohort in cohorts.values())
    if acquired:
        points += [
            "the animals (strain, sex, age and ethics approval)",
            "image acquisition (scanner, field strength, sequence and gating)",
            *["contouring (observers, their experience and blinding, and the handling of papillary muscles)"]
            * contoured,
            "exclusions before the analysis",
            *["the treatment of each group, and how animals were allocated (`arrive.md` lists all items)"] * compared,
        ]
    points += ["the meaning of the phenotype labels"] if "group_tests" in made and acquired else []
    points += ["the choice of the equivalence margins"] if "agreement" in made else []
    return paragraph(enumerate_words(points) if points else "")
