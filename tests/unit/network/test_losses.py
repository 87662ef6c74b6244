"""Losses against values computed by hand; these tests import TensorFlow, which takes some seconds."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from murmur.network import losses  # noqa: E402

LABELS = np.array([0, 0, 1, 2], np.uint8).reshape(1, 2, 2, 1)
PERFECT = np.eye(3, dtype=np.float32)[LABELS[..., 0]]
EVEN = np.full_like(PERFECT, 1 / 3)


def test_dice_loss_of_known_answers():
    labels, perfect, even = LABELS, PERFECT, EVEN
    assert float(losses.dice_loss(labels, perfect)) == pytest.approx(0, abs=1e-6)
    # All background: Dice 2·2 / (2 + 4) for background, 0 for the others.
    background = np.zeros_like(perfect)
    background[..., 0] = 1
    assert float(losses.dice_loss(labels, background)) == pytest.approx(1 - (4 / 6) / 3, abs=1e-5)
    expected = np.mean([2 * count / 3 / (count + 4 / 3) for count in (2, 1, 1)])
    assert float(losses.dice_loss(labels, even)) == pytest.approx(1 - expected, abs=1e-5)


def test_cross_entropy_is_averaged_over_the_pixels():
    """Equal probabilities of three classes have the cross-entropy log 3 in every pixel."""
    entropy = float(losses.dice_ce_loss(LABELS, EVEN)) - float(losses.dice_loss(LABELS, EVEN))
    assert entropy == pytest.approx(np.log(3), rel=1e-5)
    assert float(losses.dice_ce_loss(LABELS, PERFECT)) == pytest.approx(0, abs=1e-5)


def test_shape_term_of_known_answers():
    """Per structure Σ |p - SI| / Σ g: here (|1 - 0.9| + 0.2) / 1 for the myocardium and |1 - 0.5| / 1 for the pool."""
    maps = np.zeros((1, 2, 2, 2), np.float32)
    maps[0, 1, 0] = 0.9, 0.0
    maps[0, 1, 1] = 0.2, 0.5
    labels = np.concatenate([LABELS.astype(np.float32), maps], axis=-1)
    for weight in (0.0, 0.1, 1.0):
        found = float(losses.DiceShapeLoss(weight)(labels, PERFECT))
        assert found == pytest.approx(weight * (0.3 + 0.5) / 2, abs=1e-5)


def test_structure_that_does_not_occur_has_no_shape_term():
    labels = np.zeros((1, 2, 2, 3), np.float32)
    labels[0, 0, 0] = 1, 1, 0
    probabilities = np.zeros((1, 2, 2, 3), np.float32)
    probabilities[..., 2] = 1  # all blood pool, of which there is none
    whole, without = (float(losses.DiceShapeLoss(weight)(labels, probabilities)) for weight in (1.0, 0.0))
    assert whole - without == pytest.approx(1.0, abs=1e-4)


def test_divergence_of_normal_distributions():
    """½ (μ² + σ² - log σ² - 1): zero for the standard normal distribution."""
    assert float(losses.divergence(None, np.zeros((2, 8), np.float32))) == 0
    latent = np.array([[2.0, -2.0, np.log(4.0), np.log(4.0)]], np.float32)
    assert float(losses.divergence(None, latent)) == pytest.approx(0.5 * (4 + 4 - np.log(4) - 1), rel=1e-6)


def test_losses_of_the_outputs_of_each_network():
    def model(name, outputs):
        image = keras.Input((4, 4, 1))
        return keras.Model(image, [keras.layers.Conv2D(3, 1, name=output)(image) for output in outputs], name=name)

    plain, weights = losses.losses_of(model("unet3plus", ["a", "b"]))
    assert plain == {"a": losses.dice_loss, "b": losses.dice_loss}
    assert weights is None
    _, weights = losses.losses_of(model("nnunet", ["output_3", "output_2", "output_1"]))
    assert weights == pytest.approx({"output_3": 1 / 7, "output_2": 2 / 7, "output_1": 4 / 7})
    found, weights = losses.losses_of(model("resnet_vae", ["latent", "reconstruction", "output"]), "dice_ce")
    assert found == {
        "latent": losses.divergence,
        "reconstruction": "mean_squared_error",
        "output": losses.dice_ce_loss,
    }
    assert weights == {"latent": 0.1, "reconstruction": 0.1, "output": 1.0}
    found, _ = losses.losses_of(model("unet", ["output"]), "dice_ce_shape", 0.02)
    assert found["output"].weight == 0.02
