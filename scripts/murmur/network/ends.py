"""The first and the last layers, which networks of all architectures share."""

import keras
from keras import layers

from murmur.vocabulary import STRUCTURES

CLASSES = 1 + len(STRUCTURES)  # background, myocardium, blood pool


def start(size: int, downsample: int):
    """Return the input, images (batch, size, size, 1), and the tensor that the first level takes."""
    image = keras.Input((size, size, 1), name="image")
    if downsample == 1:
        return image, image
    return image, layers.AveragePooling2D(downsample, name="input_downsample")(image)


def classify(tensor, factor: int, name: str):
    """Return the probabilities of the classes (batch, size, size, 3) from features `factor` times coarser.

    They are computed by a convolution with one weight per channel and class, and upsampled before softmax.
    """
    tensor = layers.Conv2D(CLASSES, 1, kernel_initializer="he_normal", name=f"{name}_conv")(tensor)
    if factor > 1:
        tensor = layers.UpSampling2D(factor, interpolation="bilinear", name=f"{name}_upsample")(tensor)
    # Probabilities and losses stay in float32 whatever the precision of the layers before them.
    return layers.Activation("softmax", dtype="float32", name=name)(tensor)
