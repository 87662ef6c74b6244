"""Methods section of a study, ready to paste.

Inputs: the manifest and the split of each cohort with images, function.csv of the others, training.json and history.csv
of each trained network, the tables of each comparison, and all results, whose records give the weights, software and
commit used. Output: methods.md. All numbers and names are filled in.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_analysed
from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose import comparison_methods, methods, statistical_methods, training_methods
from murmur.presentation.prose.differences import TABLES, Compared, read_comparison
from murmur.provenance.lineage import Lineage, lineage
from murmur.subject import in_scans
from murmur.vocabulary import METRICS, in_order

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def weights_of(found: Lineage) -> dict[str, str]:
    """Return the SHA-256 of the weights of each reader with which mice were segmented."""
    return {
        job.made["wildcards"]["reader"]: source["sha256"]
        for job in found.jobs
        if job.rule == "segment_mouse"
        for source in job.inputs
        if source["name"] == "models"
    }


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
        return [methods.other_reader(name, reader, weights.get(name), read)]
    record, history = trained[name]
    return [
        training_methods.network(name, record),
        training_methods.training(name, record, history),
        methods.application(name, reader, read),
    ]


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
) -> dict[str, list[str]]:
    """Return the paragraphs under each heading.

    Tables are by cohort, those of `functions` by cohort and reader; `trained` has training.json and history.csv by
    reader, `weights` the SHA-256 of a reader's weights, `made` the statistical tables that hold a result, by name,
    `excluded` the reasons of the excluded mice and `checks` the findings of the plausibility checks, both by cohort.
    `animals` gives the number of animals of each cohort whose animals have several scans.
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
                of_cohort(name, methods.images(name, cohorts[name], table, excluded[name], animals.get(name, 0)))
                for name, table in manifests.items()
            ),
            *(
                of_cohort(name, methods.numbers_alone(name, tables, excluded[name], animals.get(name, 0)))
                for name, tables in functions.items()
            ),
            methods.plausibility(checks),
        ],
        "Reference contours": [
            of_cohort(name, methods.contours(name, cohorts[name], table, splits[name]))
            for name, table in manifests.items()
        ],
        "Data split": [
            of_cohort(name, methods.split(name, cohorts[name], manifests[name], table))
            for name, table in splits.items()
            if trained or "split" in cohorts[name]
        ],
        "Segmentation": [
            *(
                in_scans(text) if animals.keys() >= cohorts.keys() else text
                for name in readers
                for text in paragraphs_of_reader(name, settings, splits, trained, weights)
            ),
            methods.masks(readers),
        ],
        "Measurements": measurements(manifests, readers, compared),
        "Statistical analysis": statistics(settings["statistics"], manifests, functions, made, bool(animals)),
        "Comparison of groups": [comparison_methods.methods(found, len(compared) > 1) for found in compared],
        "Software": [methods.software(versions, commits)],
        "To be completed by the authors": [methods.to_be_completed(cohorts, made, contoured, bool(compared))],
    }


def measurements(
    manifests: Mapping[str, pd.DataFrame], readers: Mapping[str, dict], compared: Sequence[Compared]
) -> list[str]:
    """Return the paragraphs about what was measured."""
    named = methods.compared_measures([name for found in compared for name in found.measures], bool(manifests))
    if not manifests:
        return [named]
    first = [methods.measures(manifests.values(), readers), methods.further_measures()]
    return [*first, named, methods.overlap_measures(manifests.values())]


def statistics(
    given: dict,
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
        statistical_methods.readers(given, made),
        statistical_methods.between_cohorts() if "cohort_comparison" in made else "",
        statistical_methods.supplement(made),
    ]


def with_values(comparisons: Iterable[Compared]) -> list[Compared]:
    """Return the comparisons in which a measure has a value."""
    return [found for found in comparisons if found.measures]


def main(
    output: str,
    settings: dict,
    manifests: Mapping[str, str],
    splits: Mapping[str, str],
    functions: Mapping[str, Mapping[str, str]],
    trained: Mapping[str, tuple[str, str]],
    checks: Mapping[str, str],
    results: list[str],
    animals: Mapping[str, int],
    compared: Mapping[str, tuple[str, dict, Mapping[str, str]]],
) -> None:
    """Write `output` (methods.md) of the study with these `settings` from files named as in `sections`.

    `results` are the results of the study; their records give weights, software and commit. `compared` gives the
    reader, the settings and the tables of each comparison.
    """
    known = lineage(results)
    tables = {cohort: read_analysed(path) for cohort, path in manifests.items()}
    excluded = {cohort: settings["cohorts"][cohort].get("exclude", {}) for cohort in functions}
    found = sections(
        settings,
        {cohort: analysed for cohort, (analysed, _) in tables.items()},
        {cohort: read_csv(path) for cohort, path in splits.items()},
        {cohort: {name: read_csv(path) for name, path in paths.items()} for cohort, paths in functions.items()},
        {
            reader: (json.loads(Path(record).read_text(encoding="utf-8")), read_csv(history))
            for reader, (record, history) in trained.items()
        },
        weights_of(known),
        statistical_methods.computed(results),
        known.used("software"),
        sorted({job.made["commit"] for job in known.jobs}),
        excluded | {cohort: reasons for cohort, (_, reasons) in tables.items()},
        {cohort: read_csv(path) for cohort, path in checks.items()},
        animals,
        with_values(read_comparison(paths, name, reader, given) for name, (reader, given, paths) in compared.items()),
    )
    write_page(output, "Methods", found)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        functions: dict[str, dict[str, str]] = {}
        for (cohort, reader), path in zip(params.tables, given.functions, strict=True):
            functions.setdefault(cohort, {})[reader] = path
        main(
            output=snakemake.output[0],
            settings=params.settings,
            manifests=dict(zip(params.cohorts, given.manifests, strict=True)),
            splits=dict(zip(params.cohorts, given.splits, strict=True)),
            functions=functions,
            trained=dict(zip(params.trained, zip(given.trainings, given.histories, strict=True), strict=True)),
            checks=dict(zip(params.settings["cohorts"], given.checks, strict=True)),
            results=list(given),
            animals=params.animals,
            compared={
                name: (*params.compared[name], {table: given[table][number] for table in TABLES})
                for number, name in enumerate(params.compared)
            },
        )
