"""Train a network on the slices collected for it: the network, its history, and what is needed to repeat the training.

Loss: 1 − Dice (mean of the classes), summed over the five heads. Optimiser: Adam. Training stops when the validation
loss has not fallen for `patience` epochs; the weights of the best epoch are kept. After every epoch the whole state is
kept in the folder `checkpoint` beside the network, so that a training that was cut off goes on after its last whole
epoch and ends as if it had not been.
"""

import importlib.metadata
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from murmur.csv_tables import write_csv
from murmur.job import job
from murmur.logs import log, progress

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

NVIDIA = Path("/dev/nvidiactl")  # there where the driver of an NVIDIA GPU is


def _mice(slices: str) -> dict[str, list[str]]:
    with h5py.File(slices, "r") as file:
        names = {part: file[part]["names"].asstr()[:] for part in ("train", "validation")}
    return {part: list(dict.fromkeys(name.rsplit("_sl", 1)[0] for name in names[part])) for part in names}


def checkpoint_of(model: str) -> Path:
    """Return the folder of the state of the training of `model`."""
    return Path(model).with_name("checkpoint")


def main(
    slices: str,
    network: dict,
    training: dict,
    threads: int,
    model: str,
    history: str,
    record: str,
    modules: str = "",
    gpu: int = 0,
) -> None:
    """Train and write `model` (Keras 3), `history` (CSV) and `record` (JSON).

    `network` and `training` are those sections of the study file, `modules` a digest of the code. A GPU is used where
    there is one; `gpu` is the number that the job was given. Without XLA the same slices, settings and machine give the
    same weights, also when the training was cut off and started again. Raises BadInput when the GPU is not there, and
    when the loss is infinite or not a number.
    """
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)  # heard only before TensorFlow is imported
    import keras

    from murmur.network.checkpoint import Checkpoint, digest_of_slices
    from murmur.network.devices import find_gpus
    from murmur.network.recipes import RECIPES
    from murmur.network.training import Epochs, FiniteLoss, History, NotFinite, ProgressBar, Slices, start_equal
    from murmur.network.unet3plus import compile_for_training, save_model, unet3plus

    backend = keras.backend.backend()
    packages = ("keras", backend, "numpy", "scipy", "scikit-image", "h5py")
    software = {
        "python": ".".join(map(str, sys.version_info[:3])),
        **{name: _version(name) for name in packages},
    }
    gpus = find_gpus(gpu)
    if not gpus and NVIDIA.exists():
        log.warning("TensorFlow does not detect the NVIDIA GPU of this machine; run make gpu to install GPU support.")
    xla = training.get("xla", bool(gpus) or backend == "jax")  # JAX without XLA is no way to train
    device = {"kind": "gpu" if gpus else "cpu", "xla": xla}
    if backend == "tensorflow" and not xla:  # XLA has no repeatable gradient of max-pooling on a GPU
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(training["seed"])
    shape = {key: network[key] for key in ("filters", "size", "downsample", "dropout")}
    recipe = RECIPES[training["recipe"]]
    keras.config.set_dtype_policy(training["precision"])
    net = unet3plus(**shape)
    keras.config.set_dtype_policy("float32")  # the network that is saved computes in it
    if recipe.equal_starts:
        start_equal(net)
    heads = net.output_names
    # On a CPU the network itself needs all cores, and one thread beside it is enough.
    workers = threads if gpus else 1
    batches = Slices(slices, "train", training["batch_size"], heads, recipe, seed=training["seed"], workers=workers)
    validation = Slices(slices, "validation", recipe.validation_batch or training["batch_size"], heads, recipe)
    learning_rate = training["learning_rate"]
    if training["schedule"] == "cosine":  # Loshchilov and Hutter, SGDR, ICLR 2017, without restarts
        learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, training["epochs"] * len(batches))
    compile_for_training(net, learning_rate, xla)
    net.optimizer.build(net.trainable_variables)  # at the first step TensorFlow would trace the network twice

    note = History(heads[-1])
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=training["patience"], restore_best_weights=True
    )
    settings = {
        "network": network,
        "training": training,
        "slices": digest_of_slices(slices),
        "modules": modules,
        "software": software,
        "device": device,
    }

    def save_trained(weights: list, path: str | Path) -> keras.Model:
        """Save the layers alone: neither the optimiser's state nor the losses."""
        trained = unet3plus(**shape)
        trained.set_weights(weights)
        save_model(trained, path)
        return trained

    checkpoint = Checkpoint(checkpoint_of(model), settings, note, stopping)
    advice = f"try a smaller learning_rate than {training['learning_rate']}"
    if training["precision"] != "float32":
        advice += f", or the precision float32 instead of {training['precision']}"
    bar = progress(None, "training", "epoch", total=training["epochs"])
    bar.update(checkpoint.epochs)
    try:
        net.fit(
            batches,
            validation_data=validation,
            initial_epoch=training["epochs"] if checkpoint.stopped else checkpoint.epochs,
            epochs=training["epochs"],
            verbose=0,
            shuffle=False,
            callbacks=[
                FiniteLoss(advice),
                Epochs(batches),
                note,
                ProgressBar(bar, note),
                stopping,
                checkpoint,
            ],
        )
    except NotFinite as failure:
        sentence = str(failure)
        if stopping.best_weights:
            best = checkpoint.folder / "best.keras"
            save_trained(stopping.best_weights, best)
            sentence += f" The best network so far, of epoch {stopping.best_epoch + 1}, is kept as {best}."
        checkpoint.note_failure(sentence)
        raise NotFinite(sentence) from None
    bar.close()

    trained = save_trained(net.get_weights(), model)
    table = note.table()
    write_csv(table, history)
    best = table.loc[table["val_loss"].idxmin()]
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
        "software": software,
        "device": device,
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
    with job(snakemake):
        main(
            slices=snakemake.input.slices,
            network=snakemake.params.network,
            training=snakemake.params.training,
            threads=snakemake.threads,
            model=snakemake.output.model,
            history=snakemake.output.history,
            record=snakemake.output.record,
            modules=snakemake.params.modules,
            gpu=snakemake.resources.get("gpu", 0),
        )
    # Only now: a job that is cut off before its records are written is tried again and goes on from this state.
    shutil.rmtree(checkpoint_of(snakemake.output.model), ignore_errors=True)
