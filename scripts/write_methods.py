"""Methods section of a study, ready to paste.

Inputs: the manifest and the split of each cohort with images, its measurements.csv and curve.csv by each reader,
volumes.csv of its reference, function.csv of the other cohorts, training.json and history.csv of each trained network,
the tables of each comparison, and all results, whose records give the weights, software and commit used. Output:
methods.md. All numbers and names are filled in.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.csv_tables import read_csv
from murmur.data.manifest import read_analysed
from murmur.job import job
from murmur.presentation.markdown_page import write_page
from murmur.presentation.prose.differences import TABLES, Compared, read_comparison
from murmur.presentation.prose.measurement_methods import read_measured
from murmur.presentation.prose.methods import StudyTables, sections
from murmur.presentation.prose.statistical_methods import computed
from murmur.provenance.lineage import Lineage, lineage

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
    excluded: Mapping[str, Mapping[str, str]],
    compared: Mapping[str, tuple[str, dict, Mapping[str, str]]],
    measured: Mapping[tuple[str, str], tuple[str, str]],
    volumes: Mapping[str, str],
) -> None:
    """Write `output` (methods.md) of the study with these `settings` from files named as in `StudyTables`.

    `results` are the results of the study; their records give weights, software and commit. `excluded` gives the
    reasons of the excluded mice of the cohorts of `functions`; those of other cohorts are in their manifests.
    `compared` gives the reader, the settings and the tables of each comparison, and `measured` the files
    measurements.csv and curve.csv of each cohort with images by each reader; `volumes` are those of the reference.
    """
    known = lineage(results)
    tables = {cohort: read_analysed(path) for cohort, path in manifests.items()}
    comparisons = (read_comparison(paths, name, reader, given) for name, (reader, given, paths) in compared.items())
    study = StudyTables(
        settings=settings,
        manifests={cohort: analysed for cohort, (analysed, _) in tables.items()},
        splits={cohort: read_csv(path) for cohort, path in splits.items()},
        functions={
            cohort: {reader: read_csv(path) for reader, path in paths.items()} for cohort, paths in functions.items()
        },
        trained={
            reader: (json.loads(Path(record).read_text(encoding="utf-8")), read_csv(history))
            for reader, (record, history) in trained.items()
        },
        weights=weights_of(known),
        made=computed(results),
        versions=known.used("software"),
        commits=sorted({job.made["commit"] for job in known.jobs}),
        excluded=dict(excluded) | {cohort: reasons for cohort, (_, reasons) in tables.items()},
        checks={cohort: read_csv(path) for cohort, path in checks.items()},
        animals=animals,
        compared=with_values(comparisons),
        measured=read_measured(measured),
        volumes={cohort: read_csv(path) for cohort, path in volumes.items()},
    )
    write_page(output, "Methods", sections(study))


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
            excluded=params.excluded,
            compared={
                name: (*params.compared[name], {table: given[table][number] for table in TABLES})
                for number, name in enumerate(params.compared)
            },
            measured=dict(zip(params.measured, zip(given.measurements, given.curves, strict=True), strict=True)),
            volumes=dict(zip(params.contoured, given.volumes, strict=True)),
        )
