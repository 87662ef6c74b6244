"""A plain U-Net configured as nnU-Net configures its 2D networks; imported for training only.

As in nnU-Net: two convolutions per level with instance normalisation and leaky ReLU, strided convolutions instead of
pooling, transposed convolutions, depth and filters planned from the size of the images (`planned_filters`), and deep
supervision at all decoder levels except the lowest, with weights halved from level to level. Not as in nnU-Net: images
are normalised and augmented, and the network is trained, as all networks of Murmur are, with the loss of the study
file; supervised outputs are interpolated to the size of the images instead of sampling the labels; convolutions have no
bias, which instance normalisation would cancel; sides that are odd are not padded, but not halved further, and nothing
but the size of the input enters the plan; there is no ensemble of five folds.

Isensee et al., nnU-Net: a self-configuring method for deep learning-based biomedical image segmentation, Nature
Methods 2021.
"""

import keras
from keras import layers

from murmur.network.ends import classify, start

SLOPE = 0.01  # of leaky ReLU
EPSILON = 1e-5  # of instance normalisation


def _convolve(tensor, filters: int, name: str, strides: int = 1):
    for number in (1, 2):
        tensor = layers.Conv2D(
            filters,
            3,
            strides=strides if number == 1 else 1,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv_{number}",
        )(tensor)
        tensor = layers.GroupNormalization(filters, epsilon=EPSILON, name=f"{name}_norm_{number}")(tensor)
        tensor = layers.LeakyReLU(SLOPE, name=f"{name}_activation_{number}")(tensor)
    return tensor


def nnunet(filters: list[int], size: int = 256, downsample: int = 1, dropout: float = 0.0) -> keras.Model:
    """Build the network without compiling it; initial weights are drawn from the global seed of Keras.

    Parameters
    ----------
    filters : sequence of int
        Number of filters at each level, the last being the bottleneck.
    size : int
        Side length of the square input in pixels, a multiple of 2^(levels - 1) · downsample.
    downsample : int
        The input is averaged over blocks of this side length, and the outputs are interpolated back.
    dropout : float
        Dropout rate at the bottleneck.

    Returns
    -------
    Model
        From images (batch, size, size, 1), normalised to 0..1, to one map of class probabilities (batch, size, size, 3)
        per supervised level, the last of which has full resolution.
    """
    image, tensor = start(size, downsample)
    skips = []
    for level, channels in enumerate(filters, start=1):
        tensor = _convolve(tensor, channels, f"encoder_{level}", strides=1 if level == 1 else 2)
        skips.append(tensor)
    if dropout:
        tensor = layers.Dropout(dropout, name=f"encoder_{len(filters)}_dropout")(tensor)
    deepest = len(filters) - 1  # decoder level
    heads = []
    for level in range(deepest, 0, -1):
        channels = filters[level - 1]
        tensor = layers.Conv2DTranspose(
            channels, 2, strides=2, kernel_initializer="he_normal", name=f"decoder_{level}_upsample"
        )(tensor)
        tensor = layers.Concatenate(name=f"decoder_{level}_skip")([tensor, skips[level - 1]])
        tensor = _convolve(tensor, channels, f"decoder_{level}")
        if level < deepest or deepest == 1:
            heads.append(classify(tensor, downsample * 2 ** (level - 1), f"output_{level}"))
    return keras.Model(image, heads, name="nnunet")


def weights_of_outputs(names: list[str]) -> dict[str, float]:
    """Return the weight of the loss of each output, halved from level to level; their sum is one."""
    halves = {name: 0.5**number for number, name in enumerate(reversed(names))}
    total = sum(halves.values())
    return {name: halves[name] / total for name in names}
