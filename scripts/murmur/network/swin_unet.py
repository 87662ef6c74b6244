"""A U-Net of Swin transformers, which attend within shifted windows; imported for training and inference only.

Patches of 4 × 4 pixels are embedded; each level has two transformer blocks, the second with shifted windows, in the
encoder and in the decoder. Between levels, 2 × 2 patches are merged or expanded. Windows have 7 × 7 patches or, where
this does not divide the side of a level, the largest number up to 7 that does; a level of a single window is not
shifted. Each attention head has 32 channels.

Cao et al., Swin-Unet: Unet-like pure transformer for medical image segmentation, ECCV Workshops 2022; Liu et al., Swin
transformer, ICCV 2021.
"""

import keras
import numpy as np
from keras import layers, ops

from murmur.network.architectures import HEAD_CHANNELS
from murmur.network.ends import classify, start

PATCH = 4  # pixels
WINDOW = 7  # patches
EXPANSION = 4  # of the multilayer perceptron
EPSILON = 1e-5  # of layer normalisation
APART = -100.0  # added to the attention between patches that a shift brings into the same window


def window_of(side: int) -> int:
    """Return the side of the windows of a level with `side` patches: the largest divisor up to 7."""
    return max(width for width in range(1, WINDOW + 1) if side % width == 0)


def relative_positions(window: int) -> np.ndarray:
    """Return the index 0..(2 window - 1)² - 1 of the offset between each pair of patches of a window (patch, patch)."""
    row, column = (axis.ravel() for axis in np.indices((window, window)))
    rows, columns = (axis[:, None] - axis[None] + window - 1 for axis in (row, column))
    return rows * (2 * window - 1) + columns


def regions_apart(side: int, window: int, shift: int) -> np.ndarray:
    """Return what is added to the attention (window, patch, patch) after a cyclic shift of `shift` patches.

    Zero for patches that are neighbours in the image, APART for those that are not.
    """
    bands = np.searchsorted([side - window, side - shift], np.arange(side), side="right")
    region = 3 * bands[:, None] + bands[None]
    count = side // window
    region = region.reshape(count, window, count, window).transpose(0, 2, 1, 3).reshape(count**2, window**2)
    return np.where(region[:, :, None] == region[:, None, :], 0.0, APART).astype(np.float32)


@keras.saving.register_keras_serializable("murmur")
class WindowAttention(layers.Layer):
    """Multi-head self-attention within windows of `window` × `window` patches, shifted by `shift` patches.

    From features (batch, row, column, channel) to features of the same shape; rows and columns are equal and multiples
    of `window`.
    """

    def __init__(self, heads: int, window: int, shift: int, **kwargs):
        """Take the number of heads, the side of the windows and their shift."""
        super().__init__(**kwargs)
        self.heads, self.window, self.shift = heads, window, shift

    def build(self, shape):
        """Create the weights for features of `shape` (batch, row, column, channel)."""
        self.side, channels = shape[1], shape[3]
        self.width = channels // self.heads
        self.project_in = layers.Dense(3 * channels, name="query_key_value", dtype=self.dtype_policy)
        self.project_out = layers.Dense(channels, name="projection", dtype=self.dtype_policy)
        for inner in (self.project_in, self.project_out):
            inner.build(shape)
        self.bias = self.add_weight(
            shape=((2 * self.window - 1) ** 2, self.heads),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name="relative_position_bias",
        )
        super().build(shape)

    def call(self, features):
        """Return the attended features."""
        tokens, count = self.window**2, self.side // self.window
        if self.shift:
            features = ops.roll(features, (-self.shift, -self.shift), (1, 2))
        grid = (-1, count, self.window, count, self.window, self.heads * self.width)
        windows = ops.transpose(ops.reshape(features, grid), (0, 1, 3, 2, 4, 5))
        windows = ops.reshape(windows, (-1, count**2, tokens, self.heads * self.width))
        parts = ops.reshape(self.project_in(windows), (-1, count**2, tokens, 3, self.heads, self.width))
        query, key, value = (ops.transpose(parts[:, :, :, number], (0, 1, 3, 2, 4)) for number in range(3))
        attention = ops.matmul(query * self.width**-0.5, ops.swapaxes(key, -1, -2))
        bias = ops.take(self.bias, relative_positions(self.window).ravel(), axis=0)
        bias = ops.transpose(ops.reshape(bias, (tokens, tokens, self.heads)), (2, 0, 1))
        attention = attention + ops.cast(bias, attention.dtype)
        if self.shift:
            apart = regions_apart(self.side, self.window, self.shift)[:, None]
            attention = attention + ops.cast(apart, attention.dtype)
        found = ops.transpose(ops.matmul(ops.softmax(attention), value), (0, 1, 3, 2, 4))
        found = self.project_out(ops.reshape(found, (-1, count**2, tokens, self.heads * self.width)))
        found = ops.reshape(found, (-1, count, count, self.window, self.window, self.heads * self.width))
        found = ops.reshape(
            ops.transpose(found, (0, 1, 3, 2, 4, 5)), (-1, self.side, self.side, self.heads * self.width)
        )
        return ops.roll(found, (self.shift, self.shift), (1, 2)) if self.shift else found

    def compute_output_shape(self, shape):
        """Return `shape`."""
        return shape

    def get_config(self):
        """Return the configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "heads": self.heads, "window": self.window, "shift": self.shift}


def _normalise(tensor, name: str):
    return layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_norm")(tensor)


def _block(tensor, name: str, shifted: bool, dropout: float):
    side, channels = tensor.shape[1], tensor.shape[3]
    window = window_of(side)
    shift = window // 2 if shifted and window < side else 0
    heads = max(1, channels // HEAD_CHANNELS)
    attended = WindowAttention(heads, window, shift, name=f"{name}_attention")(_normalise(tensor, f"{name}_attention"))
    attended = layers.Dropout(dropout, name=f"{name}_attention_dropout")(attended)
    tensor = layers.Add(name=f"{name}_attention_add")([tensor, attended])
    found = _normalise(tensor, f"{name}_mlp")
    found = layers.Dense(EXPANSION * channels, activation="gelu", name=f"{name}_mlp_1")(found)
    found = layers.Dense(channels, name=f"{name}_mlp_2")(found)
    found = layers.Dropout(dropout, name=f"{name}_mlp_dropout")(found)
    return layers.Add(name=f"{name}_mlp_add")([tensor, found])


def _blocks(tensor, name: str, dropout: float):
    tensor = _block(tensor, f"{name}_block_1", False, dropout)
    return _block(tensor, f"{name}_block_2", True, dropout)


def _merge(tensor, name: str):
    """Merge 2 × 2 patches into one with twice the channels."""
    side, channels = tensor.shape[1] // 2, tensor.shape[3]
    tensor = layers.Reshape((side, 2, side, 2, channels), name=f"{name}_split")(tensor)
    tensor = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(tensor)
    tensor = layers.Reshape((side, side, 4 * channels), name=f"{name}_join")(tensor)
    return layers.Dense(2 * channels, use_bias=False, name=f"{name}_reduce")(_normalise(tensor, name))


def _expand(tensor, factor: int, channels: int, name: str):
    """Expand each patch into factor × factor patches with `channels` channels."""
    side = tensor.shape[1]
    tensor = layers.Dense(factor**2 * channels, use_bias=False, name=f"{name}_widen")(tensor)
    tensor = layers.Reshape((side, side, factor, factor, channels), name=f"{name}_split")(tensor)
    tensor = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(tensor)
    tensor = layers.Reshape((side * factor, side * factor, channels), name=f"{name}_join")(tensor)
    return _normalise(tensor, name)


def swin_unet(filters: list[int], size: int = 224, downsample: int = 1, dropout: float = 0.1) -> keras.Model:
    """Build the network without compiling it; initial weights are drawn from the global seed of Keras.

    Parameters
    ----------
    filters : sequence of int
        Number of channels at each level, doubled from level to level.
    size : int
        Side length of the square input in pixels, a multiple of 2^(levels + 1) · downsample.
    downsample : int
        The input is averaged over blocks of this side length, and the output is interpolated back.
    dropout : float
        Dropout rate after attention and after the multilayer perceptron of each block.

    Returns
    -------
    Model
        From images (batch, size, size, 1), normalised to 0..1, to class probabilities (batch, size, size, 3).
    """
    image, tensor = start(size, downsample)
    tensor = layers.Conv2D(filters[0], PATCH, strides=PATCH, name="encoder_1_embed")(tensor)
    tensor = _normalise(tensor, "encoder_1_embed")
    skips = []
    for level in range(1, len(filters) + 1):
        if level > 1:
            tensor = _merge(tensor, f"encoder_{level}_merge")
        tensor = _blocks(tensor, f"encoder_{level}", dropout)
        skips.append(tensor)
    tensor = _normalise(tensor, "encoder")
    for level in range(len(filters) - 1, 0, -1):
        name, channels = f"decoder_{level}", filters[level - 1]
        tensor = _expand(tensor, 2, channels, f"{name}_expand")
        tensor = layers.Concatenate(name=f"{name}_skip")([tensor, skips[level - 1]])
        tensor = layers.Dense(channels, name=f"{name}_reduce")(tensor)
        tensor = _blocks(tensor, name, dropout)
    tensor = _expand(_normalise(tensor, "decoder"), PATCH, filters[0], "output_expand")
    return keras.Model(image, classify(tensor, downsample, "output"), name="swin_unet")
