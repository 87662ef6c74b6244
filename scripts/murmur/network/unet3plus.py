"""The UNet 3+ of the study in Keras 3; imported for training and inference only.

Five encoder levels, four decoder levels with full-scale skip connections, and one output per level (deep supervision).
Each decoder level receives the next deeper decoder level; from levels deeper still, it receives encoder features in the
published implementation (skip mode `encoder`) and decoder features in the original UNet 3+ (skip mode `decoder`).

Huang et al., UNet 3+: A full-scale connected UNet for medical image segmentation, ICASSP 2020.
"""

import keras
from keras import layers

from murmur.network.ends import CLASSES
from murmur.network.interpolated_convolution import InterpolatedConv2D
from murmur.network.interpolation import multiplications

LEVELS = (1, 2, 3, 4, 5)


def _convolve(tensor, filters: int, prefix: str, number: int, factor: int = 1):
    """Convolve a map after interpolating it by `factor`, in the order that takes fewer multiplications."""
    options = {"kernel_initializer": "he_normal", "name": f"{prefix}_Conv_{number}"}
    if factor > 1:
        tensor = InterpolatedConv2D(factor, filters, 3, **options)(tensor)
    else:
        tensor = layers.Conv2D(filters, 3, padding="same", **options)(tensor)
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


def _saves_multiplications(tensor, factor: int) -> bool:
    """Return whether mixing the channels of a map before its interpolation takes fewer multiplications."""
    small, channels = tensor.shape[1:3], tensor.shape[3]
    after, before = multiplications(small, tuple(factor * length for length in small), channels, (3, 3))
    return before < after


def unet3plus(
    filters: list[int],
    size: int = 256,
    downsample: int = 1,
    dropout: float = 0.3,
    skip: str = "encoder",
    mix_first: bool = False,
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
    mix_first : bool
        Whether channels are mixed before interpolation where this takes fewer multiplications, for training
        (`interpolated_convolution.py`); weights, their order and results are the same, apart from rounding.

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
            tensor, factor = (decoder if from_decoder else encoder)[source], 2 ** (source - level)
            if not (mix_first and source > level and _saves_multiplications(tensor, factor)):
                tensor, factor = _resample(tensor, source, level), 1
            scales.append(_convolve(tensor, channels, f"Skip{source}_{level}", 1, factor))
        tensor = layers.Concatenate(name=f"D{level}_input")(scales)
        decoder[level] = _convolve(tensor, channels, f"Decoder{level}", 1)
    heads = [_head(decoder[level], level, downsample) for level in reversed(LEVELS)]
    return keras.Model(image, heads, name="unet3plus")
