"""A layer for training: a convolution of an interpolated feature map that mixes the channels first."""

from keras import layers, ops

from murmur.network.heart_region import whole
from murmur.network.interpolation import interpolate_and_shift


class InterpolatedConv2D(layers.Conv2D):
    """Bilinear interpolation by a whole factor and convolution, with the weights of `Conv2D`.

    Maps are (image, row, column, channel), those received `factor` times smaller than that computed, and square.
    """

    def __init__(self, factor: int, *args, **kwargs):
        """Interpolate by `factor`; other arguments are those of `Conv2D`, whose padding is `same`."""
        super().__init__(*args, padding="same", **kwargs)
        self.factor = factor

    def compute_output_shape(self, input_shape):
        """Return the shape of the map computed from a map of `input_shape`."""
        images, rows, columns, _ = input_shape
        return images, rows * self.factor, columns * self.factor, self.filters

    def call(self, inputs):
        """Return the map computed from the map `inputs`."""
        _, small, _, channels = inputs.shape
        large, (side, _) = small * self.factor, self.kernel_size
        axis = interpolate_and_shift(whole(small).rows, whole(large).rows, small, large, side // 2, side)
        axis = ops.convert_to_tensor(axis, self.compute_dtype)
        kernel = ops.reshape(ops.transpose(self.kernel, (2, 0, 1, 3)), (channels, -1))
        mixed = ops.reshape(ops.matmul(inputs, kernel), (-1, small, small, side, side, self.filters))
        mixed = ops.reshape(ops.transpose(mixed, (0, 1, 3, 4, 2, 5)), (-1, small, side, side * small, self.filters))
        wide = ops.transpose(ops.matmul(axis, mixed), (0, 2, 1, 3, 4))
        high = ops.matmul(axis, ops.reshape(wide, (-1, side * small, large * self.filters)))
        return ops.reshape(high, (-1, large, large, self.filters)) + self.bias
