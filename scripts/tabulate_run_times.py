"""Tabulate the run time and memory of training and segmentation with each network, from the records of the jobs.

Inputs: the card (training.json), model.keras and log of each training, and the masks of all networks. Output:
networks.csv, one row per network. Unlike all other tables, it differs from run to run, and nothing is made from it.
"""

import itertools
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from murmur.csv_tables import write_csv
from murmur.data.mouse_file import open_mouse
from murmur.job import job
from murmur.provenance.lineage import Job, records_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

RESUMED = re.compile(r"Training resumes after epoch (\d+)")  # in the log of a training
COLUMNS = {  # with what becomes of repeated trainings
    "repeats": "sum",
    "parameters": "first",
    "device": "first",
    "threads": "first",
    "epochs": "mean",
    "training_s": "mean",
    "epoch_s": "mean",
    "epoch_cpu_s": "mean",
    "training_memory_MB": "max",
    "images": "sum",
    "image_s": "mean",
    "image_cpu_s": "mean",
    "segmentation_memory_MB": "max",
}


class Training(NamedTuple):
    """The files of a training: its card, network and log."""

    card: str
    model: str
    log: str


def epochs_of_job(epochs: int, log: str) -> float:
    """Return how many of the epochs of a training the job that finished it ran; missing without its log."""
    try:
        found = RESUMED.search(Path(log).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return math.nan
    return epochs - int(found[1]) if found else epochs


def of_training(files: Training, makers: Mapping[str, Job]) -> dict:
    """Return the columns of a training; times are missing without its record, in which they are."""
    card = json.loads(Path(files.card).read_text(encoding="utf-8"))
    row = {"parameters": card["parameters"], "device": card["device"]["kind"], "threads": card["threads"]}
    row |= {"epochs": card["epochs_trained"]}
    if files.model in makers:
        run = makers[files.model].run
        each = 1 / (epochs_of_job(row["epochs"], files.log) or math.nan)
        row |= {"training_s": run["seconds"], "training_memory_MB": run["peak_memory_MB"]}
        row |= {"epoch_s": run["seconds"] * each, "epoch_cpu_s": run.get("cpu_seconds", math.nan) * each}
    return row


def of_segmentation(files: Iterable[str], makers: Mapping[str, Job]) -> dict:
    """Return the columns of the segmentations with a network, of those that have a record."""
    runs = {file: makers[file].run for file in files if file in makers}
    if not runs:
        return {}
    images = sum(map(images_of, runs))
    return {
        "images": images,
        "image_s": sum(run["seconds"] for run in runs.values()) / images,
        "image_cpu_s": sum(run.get("cpu_seconds", math.nan) for run in runs.values()) / images,
        "segmentation_memory_MB": max(run["peak_memory_MB"] for run in runs.values()),
    }


def images_of(segmentation: str) -> int:
    """Return the number of images, slices times frames, of a mouse."""
    with open_mouse(segmentation) as file:
        return math.prod(file["Masks"].shape[2:])


def tabulate(
    trainings: Mapping[str, Training],
    segmentations: Iterable[str],
    repeats: Mapping[str, str],
    makers: Mapping[str, Job],
) -> pd.DataFrame:
    """Return the reader and COLUMNS, one row per network, from the jobs that made the files (`makers`)."""
    by_reader, rows = defaultdict(list), []
    for file in segmentations:
        by_reader[Path(file).parent.name].append(file)
    for reader, files in by_reader.items():
        row = {"reader": repeats.get(reader, reader), "repeats": 1, **of_segmentation(files, makers)}
        rows.append(row | (of_training(trainings[reader], makers) if reader in trainings else {}))
    table = pd.DataFrame(rows, columns=["reader", *COLUMNS])
    whole = ["parameters", "threads", "training_memory_MB", "images", "segmentation_memory_MB"]
    return table.groupby("reader", sort=False).agg(COLUMNS).astype(dict.fromkeys(whole, "Int64")).reset_index()


def main(
    study: str,
    trainings: Mapping[str, Training],
    segmentations: Iterable[str],
    repeats: Mapping[str, str],
    table: str,
) -> None:
    """Write `table` of the networks that made `segmentations`; `trainings` has those that were trained here."""
    write_csv(tabulate(trainings, segmentations, repeats, records_of(study).makers), table)


if __name__ == "__main__":
    with job(snakemake):
        given, params = snakemake.input, snakemake.params
        files = zip(given.cards, given.models, params.logs, strict=True)
        main(
            study=snakemake.config["study"],
            trainings=dict(zip(params.trained, itertools.starmap(Training, files), strict=True)),
            segmentations=list(given.segmentations),
            repeats=params.repeats,
            table=snakemake.output[0],
        )
