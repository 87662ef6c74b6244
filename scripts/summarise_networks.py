"""Summarise the networks of a study side by side: how they were trained, and their results in each cohort.

Outputs: networks.csv, one row per network, and network_results.csv, one row per cohort, network and quantity. Repeated
trainings (`seeds`, `folds`) are averaged by mouse, and their spread is given.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from murmur.csv_tables import read_csv, write_csv
from murmur.job import job
from murmur.network.stored_layers import count_parameters, multiply_adds, segmenting_layers
from murmur.statistics.animals import ONE_SCAN_EACH
from murmur.statistics.network_summary import members, summarise, without
from murmur.vocabulary import STRUCTURES

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = [
    "reader",
    "architecture",
    "filters",
    "size",
    "downsample",
    "loss",
    "shape_weight",
    "trained_on",
    "start_from",
]
COLUMNS += ["train_mice", "validation_mice", "repeats", "parameters", "gflop", "epochs", "val_dice", "val_dice_sd"]


def dice_of_validation(record: dict, history: pd.DataFrame) -> float:
    """Return the Dice over all validation slices at the best epoch, averaged over both structures."""
    best = history.set_index("epoch").loc[record["best_epoch"]]
    return sum(best[f"val_dice_{structure}"] for structure in STRUCTURES) / len(STRUCTURES)


def count_animals(scans: Sequence[str], cohorts: Sequence[str], animals: Mapping[str, Mapping[str, str]]) -> int:
    """Return the number of animals of `scans`, which are named COHORT:SCAN if `cohorts` has more than one name."""
    apart = [scan.split(":", 1) if len(cohorts) > 1 else (cohorts[0], scan) for scan in scans]
    return len({(cohort, animals.get(cohort, ONE_SCAN_EACH).get(scan, scan)) for cohort, scan in apart})


def describe(
    origins: Mapping[str, dict],
    trained: Mapping[str, tuple[dict, pd.DataFrame, int]],
    repeats: Mapping[str, str],
    animals: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """Return COLUMNS, one row per network; those that were not trained here have zero training mice.

    `origins` gives trained_on and start_from of each reader, and the settings, parameters and gflop of networks not
    trained here, if known; `trained` gives training.json, history.csv and the multiply-adds per image of the others,
    and `animals` the animal of each scan of the cohorts in which some animals have several.
    """
    rows = []
    for name, readers in members(list(origins), repeats).items():
        row = {"reader": name, "repeats": len(readers), "train_mice": 0, "validation_mice": 0, **origins[readers[0]]}
        if records := [trained[reader] for reader in readers if reader in trained]:
            record, _, operations = records[0]
            row |= {key: record["network"][key] for key in ("architecture", "size", "downsample")}
            row |= {"filters": record["network"]["filters"], "loss": record["training"]["loss"]}
            if row["loss"] == "dice_ce_shape":
                row["shape_weight"] = record["training"]["shape_weight"]
            row |= {"parameters": record["parameters"], "gflop": 2 * operations / 1e9}
            cohorts = row["trained_on"].split(" + ")
            for part in ("train", "validation"):
                counts = [count_animals(found["mice"][part], cohorts, animals) for found, *_ in records]
                mice = sum(counts) / len(counts)
                row[f"{part}_mice"] = int(mice) if mice.is_integer() else mice  # folds may differ by a mouse
            reached = pd.Series([dice_of_validation(*found[:2]) for found in records])
            row |= {"val_dice": reached.mean(), "val_dice_sd": reached.std(ddof=1)}
            row["epochs"] = sum(found["epochs_trained"] for found, *_ in records) / len(records)
        rows.append(row | {"filters": "-".join(map(str, row.get("filters", [])))})
    return pd.DataFrame(rows, columns=COLUMNS).astype({"parameters": "Int64", "size": "Int64", "downsample": "Int64"})


def cost_of_given(path: str, origin: Mapping[str, object]) -> dict[str, float]:
    """Return the parameters of a network that was not trained here and, if its architecture is known, its gflop."""
    known = "architecture" in origin  # of other networks, layers may not be counted
    gflop = {"gflop": 2 * multiply_adds(segmenting_layers(path)) / 1e9} if known else {}
    return {"parameters": count_parameters(path), **gflop}


def main(
    pairs: Sequence[tuple[str, str]],
    functions: Sequence[str],
    overlaps: Sequence[str],
    trained: Mapping[str, tuple[str, str, str]],
    origins: Mapping[str, dict],
    repeats: Mapping[str, str],
    networks: str,
    results: str,
    alpha: float,
    animals: Mapping[str, Mapping[str, str]],
    learnt: Mapping[str, Sequence[str]] | None = None,
    given: Mapping[str, str] | None = None,
) -> None:
    """Write `networks` and `results` from the tables of `pairs` of cohort and reader, in the same order.

    `trained` gives training.json, history.csv and the network of each reader that was trained here, and `animals` the
    animal of each scan of the cohorts in which some animals have several. The mice of a cohort from which a network
    `learnt` are left out for all networks. `given` are the files (.keras) of networks that were not trained here.
    """
    files = given or {}
    known = {name: row | cost_of_given(files[name], row) if name in files else row for name, row in origins.items()}
    found = {
        reader: (
            json.loads(Path(record).read_text(encoding="utf-8")),
            read_csv(history),
            multiply_adds(segmenting_layers(model)),
        )
        for reader, (record, history, model) in trained.items()
    }
    write_csv(describe(known, found, repeats, animals), networks)
    by_cohort: dict[str, tuple[dict, dict]] = {}
    for (cohort, reader), function, overlap in zip(pairs, functions, overlaps, strict=True):
        of_overlap, of_function = by_cohort.setdefault(cohort, ({}, {}))
        mice = (learnt or {}).get(cohort, ())
        of_overlap[reader], of_function[reader] = without(read_csv(overlap), mice), without(read_csv(function), mice)
    tables = [
        summarise(cohort, *found, repeats, alpha, animals.get(cohort, ONE_SCAN_EACH))
        for cohort, found in by_cohort.items()
    ]
    write_csv(pd.concat(tables), results)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        main(
            pairs=[tuple(pair) for pair in params.pairs],
            functions=list(given.functions),
            overlaps=list(given.overlaps),
            trained={
                reader: found
                for reader, *found in zip(params.trained, given.records, given.histories, given.models, strict=True)
            },
            origins=params.origins,
            repeats=params.repeats,
            networks=snakemake.output.networks,
            results=snakemake.output.results,
            alpha=params.alpha,
            animals=params.animals,
            learnt=params.learnt,
            given=dict(zip(params.given, given.given, strict=True)),
        )
