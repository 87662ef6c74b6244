"""Train a network on the collected slices, and document the training so that it can be repeated.

Loss: 1 − Dice (mean over classes), summed over the five outputs. Optimiser: Adam. Training stops when the validation
loss has not decreased for `patience` epochs; the weights of the best epoch are retained. After every epoch, the
complete state is saved in the folder `checkpoint` next to the network: an interrupted training resumes after its last
completed epoch and gives the same result.
"""

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from murmur.csv_tables import write_csv
from murmur.files import remembered_sha256, write_text
from murmur.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def checkpoint_of(model: str) -> Path:
    """Return the folder in which the state of the training of `model` is saved."""
    return Path(model).with_name("checkpoint")


def main(
    slices: str,
    network: dict,
    training: dict,
    threads: int,
    model: str,
    history: str,
    record: str,
    code: str = "",
    gpu: int = 0,
    start: str | None = None,
) -> None:
    """Train a network and write `model` (Keras 3), `history` (CSV) and `record` (JSON).

    `network` and `training` are those sections of the study file, `code` is the science digest of this script, and
    `gpu` the number of GPUs assigned to the job. Weights are random at the start, or those of the file `start`. A GPU
    is used if one is available. Without XLA, the same slices, settings and machine give the same weights, even if the
    training was interrupted and resumed. Raises BadInput if an assigned GPU is not available, if `start` does not fit,
    or if the loss is infinite or NaN.
    """
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)  # has no effect after TensorFlow is imported
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "1")  # keep memory between steps; a third less time
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # default with AVX-512 only; with AVX2, a third less time, too
    from murmur.network import train
    from murmur.network.checkpoint import digest_of_slices

    device = train.find_device(training, gpu)
    settings = {
        "network": network,
        "training": training,
        "slices": digest_of_slices(slices),
        "code": code,
        "software": train.software(),
        "device": device,
    }
    if start:
        settings["start"] = remembered_sha256(start)
    net = train.build(network, training, start)
    workers = threads if device["kind"] == "gpu" else 2  # to prepare batches while a CPU trains; a quarter less time
    batches, validation = train.load_slices(slices, training, net.output_names, workers)
    table = train.fit(net, batches, validation, settings, checkpoint_of(model))
    trained = train.save_layers(network, net.get_weights(), model)
    write_csv(table, history)
    card = train.training_card(settings, trained, table, slices) | {"threads": threads}
    write_text(record, json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    with job(snakemake):
        main(
            slices=snakemake.input.slices,
            network=snakemake.params.network,
            training=snakemake.params.training,
            threads=snakemake.threads,
            model=snakemake.output.model,
            history=snakemake.output.history,
            record=snakemake.output.record,
            code=snakemake.params.code,
            gpu=snakemake.resources.get("gpu", 0),
            start=next(iter(snakemake.input.start), None),
        )
    # Only now: if the job is interrupted before its record is written, it is retried and resumes from this state.
    shutil.rmtree(checkpoint_of(snakemake.output.model), ignore_errors=True)
