"""Losses of trainings: Dice, cross-entropy and shape for segmentations; reconstruction and divergence for `resnet_vae`.

Labels are (batch, row, column, 1 + n): the label of each pixel (0..2) and, for the shape-aware loss, the shape map of
each structure (`shapes.py`). All sums are taken over the whole batch.
"""

import keras
from keras import ops

from murmur.network.ends import CLASSES
from murmur.network.nnunet import weights_of_outputs

SMOOTHING = 1e-6
VARIATIONAL_WEIGHT = 0.1  # of reconstruction and divergence (Myronenko 2018)


def _truth(labels, probabilities):
    return ops.one_hot(ops.cast(labels[..., 0], "int32"), CLASSES, dtype=probabilities.dtype)


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
    truth = _truth(labels, probabilities)
    axes = (0, 1, 2)
    shared = ops.sum(truth * probabilities, axes)
    total = ops.sum(truth, axes) + ops.sum(probabilities, axes)
    return 1 - ops.mean((2 * shared + SMOOTHING) / (total + SMOOTHING))


@keras.saving.register_keras_serializable("murmur")
def dice_ce_loss(labels, probabilities):
    """Return `dice_loss` plus the cross-entropy, averaged over the pixels of the batch."""
    entropy = ops.sparse_categorical_crossentropy(ops.cast(labels[..., 0], "int32"), probabilities)
    return dice_loss(labels, probabilities) + ops.mean(entropy)


@keras.saving.register_keras_serializable("murmur")
class DiceShapeLoss(keras.losses.Loss):
    """`dice_ce_loss` plus `weight` times the shape term of the structures.

    For each structure, Σ |p - SI| / Σ g, where p are its probabilities, g its mask and SI its shape map; averaged over
    the structures that occur in the batch. Its minimum is not the mask but SI, so that `weight` must be small.
    """

    def __init__(self, weight: float, **kwargs):
        """Take the weight of the shape term."""
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, labels, probabilities):
        """Return the loss of a batch: labels (batch, row, column, 3), probabilities (batch, row, column, 3)."""
        maps = ops.cast(labels[..., 1:], probabilities.dtype)
        difference = ops.sum(ops.abs(probabilities[..., 1:] - maps), (0, 1, 2))
        pixels = ops.sum(_truth(labels, probabilities)[..., 1:], (0, 1, 2))
        occurs = ops.cast(pixels > 0, probabilities.dtype)
        terms = occurs * difference / ops.maximum(pixels, 1)
        shape = ops.sum(terms) / ops.maximum(ops.sum(occurs), 1)
        return dice_ce_loss(labels, probabilities) + self.weight * shape

    def get_config(self):
        """Return the configuration from which the loss can be rebuilt."""
        return {**super().get_config(), "weight": self.weight}


@keras.saving.register_keras_serializable("murmur")
def divergence(_, latent):
    """Return the Kullback-Leibler divergence of latent distributions from the standard normal one.

    Parameters
    ----------
    _ : tensor
        Not used.
    latent : tensor
        Means and log variances of each component, (batch, 2 n).

    Returns
    -------
    tensor
        ½ (μ² + σ² - log σ² - 1), averaged over batch and components.
    """
    mean, log_variance = ops.split(latent, 2, axis=-1)
    return 0.5 * ops.mean(ops.square(mean) + ops.exp(log_variance) - log_variance - 1)


SEGMENTATION = {"dice": dice_loss, "dice_ce": dice_ce_loss}  # by the name in the study file
AUXILIARY = {"reconstruction": "mean_squared_error", "latent": divergence}  # of outputs that are no segmentation


def losses_of(model: keras.Model, loss: str = "dice", shape_weight: float = 0.0) -> tuple[dict, dict | None]:
    """Return the loss of each output of a network, by its name, and the weights of these losses (None: one each)."""
    segmentation = SEGMENTATION.get(loss) or DiceShapeLoss(shape_weight)
    losses = {name: AUXILIARY.get(name, segmentation) for name in model.output_names}
    if model.name == "nnunet":
        return losses, weights_of_outputs(model.output_names)
    if set(AUXILIARY) & set(losses):
        return losses, {name: VARIATIONAL_WEIGHT if name in AUXILIARY else 1.0 for name in losses}
    return losses, None
