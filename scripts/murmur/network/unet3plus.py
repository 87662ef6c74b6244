"""The UNet 3+ of the study in Keras 3; imported for training and inference only.

Five encoder levels, four decoder levels with full-scale skip connections, and one output per level (deep supervision).
Each decoder level receives the next deeper decoder level; from levels deeper still, it receives encoder features in the
published implementation (skip mode `encoder`) and decoder features in the original UNet 3+ (skip mode `decoder`).

Huang et al., UNet 3+: A full-scale connected UNet for medical image segmentation, ICASSP 2020.
"""

import json
import re
import zipfile
from pathlib import Path

import keras
from keras import layers, ops

from murmur.files import atomic_write
from murmur.vocabulary import STRUCTURES

LEVELS = (1, 2, 3, 4, 5)
CLASSES = 1 + len(STRUCTURES)


def _convolve(tensor, filters: int, prefix: str, number: int):
    tensor = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal", name=f"{prefix}_Conv_{number}")(
        tensor
    )
    tensor = layers.BatchNormalization(name=f"{prefix}_BN_{number}")(tensor)
    return layers.Activation("relu", name=f"{prefix}_Activation_{number}")(tensor)


def _resample(tensor, source: int, level: int):
    if source < level:
        return layers.MaxPooling2D(2 ** (level - source), name=f"Skip_Maxpool_{source}_{level}")(tensor)
    if source > level:
        factor = 2 ** (source - level)
        return layers.UpSampling2D(factor, interpolation="bilinear", name=f"Skip_Upsample_{source}_{level}")(tensor)
    return tensor


def _head(tensor, level: int, downsample: int):
    tensor = layers.Conv2D(CLASSES, 3, padding="same", kernel_initializer="he_normal", name=f"deepsup_conv_{level}_1")(
        tensor
    )
    if level > 1:
        tensor = layers.UpSampling2D(2 ** (level - 1), interpolation="bilinear", name=f"deepsup_upsamp_{level}")(tensor)
    tensor = layers.Conv2D(CLASSES, 3, padding="same", kernel_initializer="he_normal", name=f"deepsup_conv_{level}_2")(
        tensor
    )
    if downsample > 1:
        tensor = layers.UpSampling2D(downsample, interpolation="bilinear", name=f"output_upsample_{level}")(tensor)
    # Probabilities and losses stay in float32 whatever the precision of the layers before them.
    return layers.Activation("softmax", dtype="float32", name=f"deepsup_activation_{level}")(tensor)


def unet3plus(
    filters: list[int], size: int = 256, downsample: int = 1, dropout: float = 0.3, skip: str = "encoder"
) -> keras.Model:
    """Build the network without compiling it; initial weights are drawn from the global seed of Keras.

    Parameters
    ----------
    filters : sequence of int
        Number of filters at each of the five encoder levels, and at the corresponding decoder levels.
    size : int
        Side length of the square input in pixels, a multiple of 16 · downsample.
    downsample : int
        The input is averaged over blocks of this side length, and the outputs are interpolated back.
    dropout : float
        Dropout rate at the bottleneck.
    skip : str
        Whether a decoder level receives features of the `encoder` or the `decoder` from levels more than one level
        deeper; names and shapes of all weights are the same.

    Returns
    -------
    Model
        From images (batch, size, size, 1), normalised to 0..1, to five maps of class probabilities (batch, size, size,
        3) for background, myocardium and blood pool; the last is the full-resolution output.
    """
    image = keras.Input((size, size, 1), name="image")
    tensor = image
    if downsample > 1:
        tensor = layers.AveragePooling2D(downsample, name="input_downsample")(tensor)
    encoder = {}
    for level, channels in zip(LEVELS, filters, strict=True):
        if level > 1:
            tensor = layers.MaxPooling2D(2, name=f"encoding_{level - 1}_maxpool")(tensor)
        tensor = _convolve(tensor, channels, f"Encoder{level}", 1)
        tensor = _convolve(tensor, channels, f"Encoder{level}", 2)
        encoder[level] = tensor
    encoder[5] = layers.Dropout(dropout, name="Encoder5_dropout")(encoder[5])

    decoder = {5: encoder[5]}
    for level in (4, 3, 2, 1):
        channels = filters[level - 1]
        scales = []
        for source in LEVELS:
            from_decoder = source == level + 1 or (skip == "decoder" and source > level)
            tensor = _resample((decoder if from_decoder else encoder)[source], source, level)
            scales.append(_convolve(tensor, channels, f"Skip{source}_{level}", 1))
        tensor = layers.Concatenate(name=f"D{level}_input")(scales)
        decoder[level] = _convolve(tensor, channels, f"Decoder{level}", 1)
    heads = [_head(decoder[level], level, downsample) for level in reversed(LEVELS)]
    return keras.Model(image, heads, name="unet3plus")


def last_head(model: keras.Model) -> keras.Model:
    """Return the part of `model` that gives the full-resolution probabilities, without the other outputs."""
    return keras.Model(model.inputs, model.outputs[-1], name=model.name)


@keras.saving.register_keras_serializable("murmur")
def dice_loss(labels, probabilities):
    """Return one minus the soft Dice coefficient of a batch, averaged over the three classes.

    Sums are taken over the whole batch; the denominator is linear, with a smoothing term of 1e-6, as in the published
    implementation.

    Parameters
    ----------
    labels : tensor
        Integers 0..2, (batch, row, column, 1).
    probabilities : tensor
        (batch, row, column, 3).
    """
    truth = ops.one_hot(ops.squeeze(ops.cast(labels, "int32"), -1), CLASSES, dtype=probabilities.dtype)
    axes = (0, 1, 2)
    shared = ops.sum(truth * probabilities, axes)
    total = ops.sum(truth, axes) + ops.sum(probabilities, axes)
    return 1 - ops.mean((2 * shared + 1e-6) / (total + 1e-6))


@keras.saving.register_keras_serializable("murmur")
class StructureDice(keras.metrics.Metric):
    """Dice of one structure over all slices of an epoch, from hard labels: 2 · |A ∩ B| / (|A| + |B|)."""

    def __init__(self, structure: str, **kwargs):
        """Measure `structure`, one of myocardium and blood_pool."""
        super().__init__(name=kwargs.pop("name", f"dice_{structure}"), **kwargs)
        self.structure = structure
        self.shared = self.add_variable((), "zeros", name="shared")
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, labels, probabilities, sample_weight=None):
        """Add a batch: labels (batch, row, column, 1), probabilities (batch, row, column, 3)."""
        label = STRUCTURES[self.structure]
        truth = ops.cast(ops.equal(ops.squeeze(ops.cast(labels, "int32"), -1), label), "float32")
        found = ops.cast(ops.equal(ops.argmax(probabilities, -1), label), "float32")
        self.shared.assign_add(ops.sum(truth * found))
        self.total.assign_add(ops.sum(truth) + ops.sum(found))

    def result(self):
        """Return the Dice so far; 0 before the structure was seen."""
        return 2 * self.shared / ops.maximum(self.total, 1.0)

    def get_config(self):
        """Return what is needed to build the metric again."""
        return {**super().get_config(), "structure": self.structure}


def compile_for_training(model: keras.Model, learning_rate: float, xla: bool = False) -> None:
    """Compile `model` with Adam, the Dice loss on every output and the Dice of each structure on the last one.

    With `xla`, each step is compiled; in float16, Keras applies loss scaling.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss={name: dice_loss for name in model.output_names},
        metrics={model.output_names[-1]: [StructureDice(structure) for structure in STRUCTURES]},
        jit_compile=xla,
    )


def _renumber_shared_objects(config: str) -> str:
    """Number the objects that layers share 1, 2, ... in their order; Keras numbers them by their place in memory."""
    numbers: dict[str, int] = {}
    return re.sub(
        r'(?<="shared_object_id": )\d+', lambda match: str(numbers.setdefault(match[0], len(numbers) + 1)), config
    )


def save_model(model: keras.Model, path: str | Path) -> None:
    """Save `model` as a Keras 3 file whose bytes depend only on its layers and weights.

    Keras records the time of saving and memory addresses, which are replaced by fixed values. The file appears under
    its name only when it is complete.
    """
    with atomic_write(path) as partial:
        model.save(partial)
        with zipfile.ZipFile(partial) as saved:
            members = {name: saved.read(name) for name in sorted(saved.namelist())}
        members["metadata.json"] = json.dumps(
            {**json.loads(members["metadata.json"]), "date_saved": "1970-01-01@00:00:00"}
        ).encode()
        members["config.json"] = _renumber_shared_objects(members["config.json"].decode()).encode()
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as repacked:
            for name, content in members.items():
                repacked.writestr(zipfile.ZipInfo(name), content)
