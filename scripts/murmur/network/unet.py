"""The U-Net of one to six levels with 32 to 1024 filters; imported for training only.

At each level two convolutions with ReLU, and dropout at a rate that increases with depth; transposed convolutions and
skip connections in the decoder.

Ronneberger et al., U-Net: Convolutional networks for biomedical image segmentation, MICCAI 2015; number of filters and
dropout as in the ensemble of U-Nets of different depths for quality control by R. A. Gonzales (DPhil thesis, University
of Oxford, 2024).
"""

import keras
from keras import layers

from murmur.network.ends import classify, start

INCREASE = 0.25  # of the dropout rate per level
HIGHEST = 0.9  # dropout rate


def _convolve(tensor, filters: int, name: str):
    for number in (1, 2):
        tensor = layers.Conv2D(
            filters, 3, padding="same", activation="relu", kernel_initializer="he_normal", name=f"{name}_conv_{number}"
        )(tensor)
    return tensor


def unet(filters: list[int], size: int = 256, downsample: int = 1, dropout: float = 0.2) -> keras.Model:
    """Build the network without compiling it; initial weights are drawn from the global seed of Keras.

    Parameters
    ----------
    filters : sequence of int
        Number of filters at each level, the last being the bottleneck; their number is the depth.
    size : int
        Side length of the square input in pixels, a multiple of 2^(levels - 1) · downsample.
    downsample : int
        The input is averaged over blocks of this side length, and the output is interpolated back.
    dropout : float
        Dropout rate at the first level; it increases by a quarter of this value per level, up to 0.9.

    Returns
    -------
    Model
        From images (batch, size, size, 1), normalised to 0..1, to class probabilities (batch, size, size, 3).
    """
    image, tensor = start(size, downsample)
    skips = []
    for level, channels in enumerate(filters, start=1):
        if level > 1:
            tensor = layers.MaxPooling2D(2, name=f"encoder_{level}_pool")(tensor)
        tensor = _convolve(tensor, channels, f"encoder_{level}")
        rate = min(dropout * (1 + INCREASE * (level - 1)), HIGHEST)
        tensor = layers.Dropout(rate, name=f"encoder_{level}_dropout")(tensor)
        skips.append(tensor)
    for level in range(len(filters) - 1, 0, -1):
        channels = filters[level - 1]
        tensor = layers.Conv2DTranspose(
            channels, 2, strides=2, kernel_initializer="he_normal", name=f"decoder_{level}_upsample"
        )(tensor)
        tensor = layers.Concatenate(name=f"decoder_{level}_skip")([skips[level - 1], tensor])
        tensor = _convolve(tensor, channels, f"decoder_{level}")
    return keras.Model(image, classify(tensor, downsample, "output"), name="unet")
