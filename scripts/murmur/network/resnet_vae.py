"""A residual network with a variational branch that regularises its encoder; imported for training only.

Residual blocks with group normalisation before each convolution; the encoder has 1, 2, 2, ..., 4 blocks per level, the
decoder one. During training, a latent vector drawn from the deepest features reconstructs the image through the same
decoder without its skip connections; the error of the reconstruction and the divergence of the latent vector from a
standard normal distribution are part of the loss (`losses.py`). Segmentation does not use this branch.

Myronenko, 3D MRI brain tumor segmentation using autoencoder regularization, BrainLes 2018; layers as in SegResNetVAE of
MONAI, in which the standard deviation of the latent vector is constant by default and is estimated here.
"""

import math

import keras
from keras import layers

from murmur.network.ends import classify, start

GROUPS = 8
LATENT = 256  # length of the latent vector
NARROW = 16  # channels from which it is computed
EPSILON = 1e-5  # of group normalisation


def _normalise(channels: int, name: str) -> list[layers.Layer]:
    norm = layers.GroupNormalization(math.gcd(GROUPS, channels), epsilon=EPSILON, name=f"{name}_norm")
    return [norm, layers.Activation("relu", name=f"{name}_activation")]


def _conv(channels: int, side: int, name: str, strides: int = 1, bias: bool = False) -> layers.Layer:
    return layers.Conv2D(
        channels,
        side,
        strides=strides,
        padding="same",
        use_bias=bias,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )


def _apply(steps: list[layers.Layer], tensor):
    for step in steps:
        tensor = step(tensor)
    return tensor


class _Block:
    """A residual block, which can be applied to several tensors with the same weights."""

    def __init__(self, channels: int, name: str):
        self.steps = [
            step
            for number in (1, 2)
            for step in (*_normalise(channels, f"{name}_{number}"), _conv(channels, 3, f"{name}_{number}"))
        ]
        self.add = layers.Add(name=f"{name}_add")

    def __call__(self, tensor):
        return self.add([tensor, _apply(self.steps, tensor)])


class _Decoder:
    """The decoder, with skip connections for the segmentation and without them for the reconstruction."""

    def __init__(self, filters: list[int]):
        self.levels = []
        for level in range(len(filters) - 1, 0, -1):
            name, channels = f"decoder_{level}", filters[level - 1]
            up = [
                _conv(channels, 1, f"{name}_narrow"),
                layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_upsample"),
            ]
            self.levels.append((up, layers.Add(name=f"{name}_skip"), _Block(channels, f"{name}_block")))

    def __call__(self, tensor, skips=None):
        for number, (up, add, block) in enumerate(self.levels):
            tensor = _apply(up, tensor)
            if skips:
                tensor = add([tensor, skips[-2 - number]])
            tensor = block(tensor)
        return tensor


def _blocks(level: int, levels: int) -> int:
    """Return the number of residual blocks of an encoder level: 1, 2, 2, 4 for four levels."""
    return 1 if level == 1 else 4 if level == levels else 2


def _reconstruct(deepest, filters: list[int], decoder: _Decoder, downsample: int):
    """Return the parameters of the latent distribution, and the image reconstructed from a vector drawn from it."""
    tensor = _apply(_normalise(filters[-1], "latent_input"), deepest)
    tensor = _conv(NARROW, 3, "latent_input", strides=2, bias=True)(tensor)
    tensor = _apply(_normalise(NARROW, "latent"), tensor)
    shape = tensor.shape[1:]
    tensor = layers.Flatten(name="latent_flatten")(tensor)
    mean = layers.Dense(LATENT, name="latent_mean")(tensor)
    log_variance = layers.Dense(LATENT, name="latent_log_variance")(tensor)
    # mean + sd · noise in layers of Keras only; the noise is zero except in training
    sd = layers.Activation("exponential", name="latent_sd")(layers.Rescaling(0.5, name="latent_half")(log_variance))
    noise = layers.GaussianNoise(1.0, name="latent_noise")(layers.Subtract(name="latent_zero")([mean, mean]))
    drawn = layers.Add(name="latent_draw")([mean, layers.Multiply(name="latent_scale")([sd, noise])])
    tensor = layers.Dense(math.prod(shape), activation="relu", name="reconstruction_dense")(drawn)
    tensor = layers.Reshape(shape, name="reconstruction_reshape")(tensor)
    tensor = _conv(filters[-1], 1, "reconstruction_widen")(tensor)
    tensor = layers.UpSampling2D(2, interpolation="bilinear", name="reconstruction_upsample")(tensor)
    tensor = decoder(_apply(_normalise(filters[-1], "reconstruction_input"), tensor))
    tensor = _conv(1, 1, "reconstruction", bias=True)(_apply(_normalise(filters[0], "reconstruction"), tensor))
    if downsample > 1:
        tensor = layers.UpSampling2D(downsample, interpolation="bilinear", name="reconstruction_output")(tensor)
    image = layers.Activation("linear", dtype="float32", name="reconstruction")(tensor)
    return layers.Concatenate(dtype="float32", name="latent")([mean, log_variance]), image


def resnet_vae(filters: list[int], size: int = 256, downsample: int = 1, dropout: float = 0.0) -> keras.Model:
    """Build the network without compiling it; initial weights are drawn from the global seed of Keras.

    Parameters
    ----------
    filters : sequence of int
        Number of filters at each level.
    size : int
        Side length of the square input in pixels, a multiple of 2^levels · downsample.
    downsample : int
        The input is averaged over blocks of this side length, and the outputs are interpolated back.
    dropout : float
        Rate at which whole channels of the first convolution are dropped.

    Returns
    -------
    Model
        From images (batch, size, size, 1), normalised to 0..1, to the means and log variances of the latent vector
        (`latent`, (batch, 512)), the reconstructed images (`reconstruction`, (batch, size, size, 1)) and class
        probabilities (`output`, (batch, size, size, 3)).
    """
    image, tensor = start(size, downsample)
    tensor = _conv(filters[0], 3, "encoder_1_first")(tensor)
    if dropout:
        tensor = layers.SpatialDropout2D(dropout, name="encoder_1_dropout")(tensor)
    skips = []
    for level, channels in enumerate(filters, start=1):
        if level > 1:
            tensor = _conv(channels, 3, f"encoder_{level}_first", strides=2)(tensor)
        for number in range(1, _blocks(level, len(filters)) + 1):
            tensor = _Block(channels, f"encoder_{level}_block_{number}")(tensor)
        skips.append(tensor)
    decoder = _Decoder(filters)
    features = _apply(_normalise(filters[0], "output"), decoder(tensor, skips))
    found = classify(features, downsample, "output")
    return keras.Model(image, [*_reconstruct(tensor, filters, decoder, downsample), found], name="resnet_vae")
