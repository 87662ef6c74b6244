"""Training a network: select the device, build the network, fit it, and document the training."""

import contextlib
import importlib.metadata
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd
import tensorflow

from murmur.errors import BadInput
from murmur.logs import log, progress
from murmur.network.augmentation import RECIPES
from murmur.network.batches import Slices
from murmur.network.callbacks import Epochs, FiniteLoss, History, NotFinite, ProgressBar
from murmur.network.checkpoint import Checkpoint
from murmur.network.devices import find_gpus
from murmur.network.model import compile_for_training, last_head, save_model
from murmur.network.nnunet import nnunet
from murmur.network.resnet_vae import resnet_vae
from murmur.network.stored import load_trained
from murmur.network.swin_unet import swin_unet
from murmur.network.unet import unet
from murmur.network.unet3plus import unet3plus
from murmur.vocabulary import STRUCTURE_NAMES

NVIDIA = Path("/dev/nvidiactl")  # exists where the driver of an NVIDIA GPU is loaded
BUILDERS = {  # by the names of the architectures in the study file
    "unet3plus": unet3plus,
    "unet": unet,
    "nnunet": nnunet,
    "resnet_vae": resnet_vae,
    "swin_unet": swin_unet,
}
MIN_DICE = 0.1  # in the validation slices, below which a network has learned nothing
PACKAGES = ("keras", "tensorflow", "numpy", "scipy", "scikit-image", "h5py")


def software() -> dict[str, str]:
    """Return the versions of Python and of the packages that determine a training."""
    return {"python": ".".join(map(str, sys.version_info[:3])), **{name: _version(name) for name in PACKAGES}}


def _version(package: str) -> str:
    """Return the version of an installed package; TensorFlow without GPU is another package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"{importlib.metadata.version(f'{package}-cpu')} (cpu)"


def find_device(training: dict, gpu: int) -> dict:
    """Return the device used for training: its `kind`, gpu or cpu, and whether steps are compiled with `xla`.

    Without XLA, TensorFlow is made deterministic; XLA has no deterministic gradient of max-pooling on a GPU. Raises
    BadInput if TensorFlow cannot access the number of GPUs, `gpu`, assigned to the job.
    """
    gpus = find_gpus(gpu)
    if not gpus and NVIDIA.exists():
        log.warning("TensorFlow does not detect the NVIDIA GPU of this machine; run make gpu to install GPU support.")
    xla = training.get("xla", bool(gpus))
    if not xla:
        tensorflow.config.experimental.enable_op_determinism()
    return {"kind": "gpu" if gpus else "cpu", "xla": xla}


def _architecture(network: dict) -> keras.Model:
    keys = ("filters", "size", "downsample", "dropout", "mix_first")
    return BUILDERS[network["architecture"]](**{key: network[key] for key in keys if key in network})


def build(network: dict, training: dict, start: str | None = None) -> keras.Model:
    """Return the network with its initial weights, in the precision of the training.

    Weights are random or, with `start`, those of that file. With `freeze: encoder`, those of the encoder are fixed.
    Raises BadInput if the file does not fit.
    """
    keras.utils.set_random_seed(training["seed"])
    keras.config.set_dtype_policy(training["precision"])
    faster = {"mix_first": True} if network["architecture"] == "unet3plus" else {}
    model = _architecture(network | faster)
    keras.config.set_dtype_policy("float32")  # the precision of the saved network
    if RECIPES[training["recipe"]].equal_starts:
        start_equal(model)
    if start:
        take_weights(model, start)
    if training["freeze"] == "encoder":
        freeze_encoder(model)
    return model


def start_equal(model: keras.Model) -> None:
    """Initialise all kernels of the same shape with identical weights, as an initialiser with a fixed seed does."""
    initialise = keras.initializers.HeNormal(seed=0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(initialise(layer.kernel.shape))


def take_weights(model: keras.Model, path: str) -> None:
    """Replace the weights of `model` by those of the network in the file `path`.

    Raises BadInput unless the segmenting layers of both have the same names and shapes.
    """
    source = load_trained(path)
    found, layers = ({layer.name: layer for layer in net.layers if layer.weights} for net in (source, model))
    shapes, expected = (
        {name: [tuple(w.shape) for w in many[name].weights] for name in many} for many in (found, layers)
    )
    connected = [_skip_mode(net) for net in (source, model)]
    if differing := [name for name in {**expected, **shapes} if shapes.get(name) != expected.get(name)]:
        name = differing[0]
        raise BadInput(
            f"{path}: found a network whose weights differ in {len(differing)} layers from those to be trained (first "
            f"{name}: {shapes.get(name, 'missing')}, expected {expected.get(name, 'none')}); give the settings of that "
            "network in network, or start from another"
        )
    if connected[0] != connected[1]:
        raise BadInput(
            f"{path}: found a UNet 3+ whose decoder receives deep features from the {connected[0]}, expected those of "
            f"the {connected[1]}, as in the published network; start from another"
        )
    for name, layer in layers.items():
        layer.set_weights(found[name].get_weights())
    log.info("training starts from the weights of %s", path)


def _skip_mode(model: keras.Model) -> str | None:
    """Return whether the first decoder level of a UNet 3+ receives deep features of the encoder or the decoder."""
    names = {layer.name for layer in model.layers}
    if "Skip3_1_Conv_1" not in names:
        return None
    origin = model.get_layer("Skip3_1_Conv_1").input._keras_history.operation
    if isinstance(origin, keras.layers.UpSampling2D):
        origin = origin.input._keras_history.operation
    return "decoder" if origin.name.startswith("Decoder") else "encoder"


def freeze_encoder(model: keras.Model) -> None:
    """Exclude the layers of the encoder from training; their batch normalisation keeps its statistics."""
    for layer in model.layers:
        if layer.name.lower().startswith("encoder"):
            layer.trainable = False


def load_slices(path: str, training: dict, heads: list[str], workers: int) -> tuple[Slices, Slices]:
    """Return the training and the validation batches; `workers` threads prepare those for training."""
    recipe, batch_size = RECIPES[training["recipe"]], training["batch_size"]
    shapes = training["loss"] == "dice_ce_shape"
    return (
        Slices(path, "train", batch_size, heads, recipe, seed=training["seed"], shapes=shapes, workers=workers),
        Slices(path, "validation", recipe.validation_batch or batch_size, heads, recipe, shapes=shapes),
    )


def fit(model: keras.Model, batches: Slices, validation: Slices, settings: dict, folder: Path) -> pd.DataFrame:
    """Train `model` with early stopping and restore the weights of the best epoch.

    `settings` comprises everything that determines the training (network, training, slices, code, software, device).
    The state after each epoch is saved in `folder`, and a training found there with the same settings is resumed.
    Returns the history, one row per epoch. Raises BadInput if the loss is infinite or NaN.
    """
    training = settings["training"]
    loss = {key: training[key] for key in ("loss", "shape_weight")}
    compile_for_training(model, _learning_rate(training, len(batches)), settings["device"]["xla"], **loss)
    # Variables that the first step would create, so that TensorFlow would trace the network twice.
    model.optimizer.build(model.trainable_variables)
    create_loss_trackers(model, *validation[0])
    history = History(model.output_names[-1])
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", patience=training["patience"], restore_best_weights=True
    )
    checkpoint = Checkpoint(folder, settings, history, stopping)
    with contextlib.closing(progress(None, "training", "epoch", total=training["epochs"])) as bar:
        bar.update(checkpoint.epochs)
        callbacks = [FiniteLoss(_advice(training)), Epochs(batches), history, ProgressBar(bar, history), stopping]
        try:
            model.fit(
                batches,
                validation_data=validation,
                initial_epoch=training["epochs"] if checkpoint.stopped else checkpoint.epochs,
                epochs=training["epochs"],
                verbose=0,
                shuffle=False,
                callbacks=[*callbacks, checkpoint],
            )
        except NotFinite as failure:
            raise _stopped(failure, settings["network"], stopping, checkpoint) from None
    table = history.table()
    warn_if_nothing_was_learned(table)
    return table


def create_loss_trackers(model: keras.Model, images: np.ndarray, labels: np.ndarray | dict) -> None:
    """Create the variables in which a compiled network of several outputs sums up the loss of each during an epoch."""
    if len(model.outputs) > 1:
        answers = [keras.ops.zeros((len(images), *output.shape[1:])) for output in model.outputs]
        model.compute_loss(images, labels, answers)


def warn_if_nothing_was_learned(history: pd.DataFrame) -> None:
    """Warn if the network finds next to nothing of a structure in the validation slices."""
    best = history.loc[history["val_loss"].idxmin()]
    for structure, name in STRUCTURE_NAMES.items():
        if (dice := best[f"val_dice_{structure}"]) < MIN_DICE:
            log.warning(
                "%s: the network has a Dice coefficient of %.2f in the validation slices, and has thus not learned to "
                "segment it; train again with `loss: dice_ce`, a smaller `learning_rate`, more `epochs` or more mice.",
                name,
                dice,
            )


def _learning_rate(training: dict, steps: int):
    if training["schedule"] == "cosine":  # Loshchilov and Hutter, SGDR, ICLR 2017, without restarts
        return keras.optimizers.schedules.CosineDecay(training["learning_rate"], training["epochs"] * steps)
    return training["learning_rate"]


def _advice(training: dict) -> str:
    advice = f"try a smaller learning_rate than {training['learning_rate']}"
    if training["precision"] != "float32":
        advice += f", or the precision float32 instead of {training['precision']}"
    return advice


def _stopped(
    failure: NotFinite, network: dict, stopping: keras.callbacks.EarlyStopping, checkpoint: Checkpoint
) -> NotFinite:
    """Save the best network so far and record the failure; return it with the location of the network."""
    sentence = str(failure)
    if stopping.best_weights:
        best = checkpoint.folder / "best.keras"
        save_layers(network, stopping.best_weights, best)
        sentence += f" The best network so far, of epoch {stopping.best_epoch + 1}, is kept as {best}."
    checkpoint.note_failure(sentence)
    return NotFinite(sentence)


def save_layers(network: dict, weights: list, path: str | Path) -> keras.Model:
    """Save a network with `weights` but without optimiser and losses, and return it."""
    model = _architecture(network)
    model.set_weights(weights)
    save_model(model, path)
    return model


def training_card(settings: dict, model: keras.Model, history: pd.DataFrame, slices: str) -> dict:
    """Return everything needed to repeat the training, and its outcome."""
    best = history.loc[history["val_loss"].idxmin()]
    names = _names_of_slices(slices)
    if settings["training"]["freeze"] == "encoder":
        freeze_encoder(model)
    segmenting = last_head(model) if settings["network"]["architecture"] == "resnet_vae" else model
    return {
        "network": settings["network"],
        "training": settings["training"],
        **({"start_from": settings["start"]} if "start" in settings else {}),
        "parameters": segmenting.count_params(),
        "parameters_trainable": sum(int(keras.ops.size(weights)) for weights in segmenting.trainable_weights),
        "slices": {part: len(names[part]) for part in names},
        "mice": {part: list(dict.fromkeys(name.rsplit("_sl", 1)[0] for name in names[part])) for part in names},
        "epochs_trained": len(history),
        "best_epoch": int(best["epoch"]),
        "best_val_loss": float(best["val_loss"]),
        "software": settings["software"],
        "device": settings["device"],
    }


def _names_of_slices(path: str) -> dict[str, list[str]]:
    with h5py.File(path, "r") as file:
        return {part: list(file[part]["names"].asstr()[:]) for part in ("train", "validation")}
