"""Train a network on the slices collected for it: the network, its history, and what is needed to repeat the training.

Loss: 1 − Dice (mean of the classes), summed over the five heads. Optimiser: Adam. Training stops when the validation
loss has not fallen for `patience` epochs; the weights of the best epoch are kept.
"""

import importlib.metadata
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from murmur.logs import job_log, progress
from murmur.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def _mice(slices: str) -> dict[str, list[str]]:
    with h5py.File(slices, "r") as file:
        names = {part: file[part]["names"].asstr()[:] for part in ("train", "validation")}
    return {part: list(dict.fromkeys(name.rsplit("_sl", 1)[0] for name in names[part])) for part in names}


def main(slices: str, network: dict, training: dict, threads: int, model: str, history: str, record: str) -> None:
    """Train and write `model` (Keras 3), `history` (CSV) and `record` (JSON).

    `network` and `training` are those sections of the study file. The same slices, settings and machine give the same
    weights.
    """
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)  # heard only before TensorFlow is imported
    import keras
    import tensorflow as tf

    from murmur.network import compile_for_training, save_model, unet3plus
    from murmur.training import History, ProgressBar, Slices

    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(training["seed"])
    shape = {key: network[key] for key in ("filters", "size", "downsample", "dropout")}
    net = unet3plus(**shape)
    compile_for_training(net, training["learning_rate"])
    heads = net.output_names
    batches = Slices(slices, "train", training["batch_size"], heads, seed=training["seed"])
    validation = Slices(slices, "validation", training["batch_size"], heads)
    note = History(heads[-1])
    bar = progress(None, "training", "epoch", total=training["epochs"])
    net.fit(
        batches,
        validation_data=validation,
        epochs=training["epochs"],
        verbose=0,
        shuffle=False,
        callbacks=[
            note,
            ProgressBar(bar, note),
            keras.callbacks.EarlyStopping(
                monitor="val_loss", mode="min", patience=training["patience"], restore_best_weights=True
            ),
        ],
    )
    bar.close()

    # The trained layers alone: neither the optimiser's state nor the losses.
    trained = unet3plus(**shape)
    trained.set_weights(net.get_weights())
    save_model(trained, model)
    table = note.table()
    write_csv(table, history)
    best = table.loc[table["val_loss"].idxmin()]
    packages = ("keras", "tensorflow", "numpy", "scipy", "scikit-image", "h5py")
    content = {
        "network": network,
        "training": training,
        "parameters": trained.count_params(),
        "parameters_trainable": sum(int(keras.ops.size(w)) for w in trained.trainable_weights),
        "slices": {"train": len(batches.images), "validation": len(validation.images)},
        "mice": _mice(slices),
        "epochs_trained": len(table),
        "best_epoch": int(best["epoch"]),
        "best_val_loss": float(best["val_loss"]),
        "software": {
            "python": ".".join(map(str, sys.version_info[:3])),
            **{name: _version(name) for name in packages},
        },
        "threads": threads,
    }
    Path(record).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _version(package: str) -> str:
    """Return the version of an installed package; TensorFlow without GPU is another package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"{importlib.metadata.version(f'{package}-cpu')} (cpu)"


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            slices=snakemake.input.slices,
            network=snakemake.params.network,
            training=snakemake.params.training,
            threads=snakemake.threads,
            model=snakemake.output.model,
            history=snakemake.output.history,
            record=snakemake.output.record,
        )
