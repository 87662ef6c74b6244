"""Train the network of the published study briefly on simulated mice, so that it segments mice that it has not seen.

Random weights would prove nothing about crops, and training the network itself would take hours on two cores. A network
with an eighth of its filters is trained for some minutes instead, first on parts of images, then on whole images, and
then widened without changing what it computes: each filter becomes eight equal ones, of which the next layer takes the
mean (Chen et al., Net2Net, ICLR 2016). The time to segment an image does not depend on the values of the weights.
"""

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

from murmur.measurement.overlap import dice  # noqa: E402
from murmur.network.preprocessing import scale  # noqa: E402
from murmur.phantom.mouse import phantom_mouse  # noqa: E402
from murmur.vocabulary import STRUCTURES  # noqa: E402

FILTERS, SIZE = [32, 64, 128, 256, 512], 256
WIDER = 8
CACHE = ROOT / "benchmarks" / "cache"
SEED, MICE = 11, 20
STAGES = ((128, 8, 320, 2e-3), (SIZE, 4, 120, 6e-4))  # size of the images, images per step, steps, learning rate
MIN_DICE = 0.5  # of each structure in a mouse that it has not seen; times of blank masks mean nothing
FULL = CACHE / f"full_{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]}.keras"  # trained again if edited
MOMENTUM = 0.9  # of the moving averages of batch normalisation: that of the study needs hundreds of steps


def slices(mice: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels (slice, row, column) of the annotated frames of simulated mice."""
    images, labels = [], []
    for index in mice:
        mouse = phantom_mouse(SEED, index, varied=index % 2 == 1)
        for frame in mouse.frames_with_roi:
            images.append(np.moveaxis(mouse.images[..., frame], 2, 0))
            labels.append(np.moveaxis(mouse.masks[..., frame], 2, 0))
    same = [at for at, image in enumerate(images) if image.shape[1:] == (SIZE, SIZE)]
    return scale(np.concatenate([images[at] for at in same])), np.concatenate([labels[at] for at in same])


def train() -> "keras.Model":  # noqa: F821
    """Return the trained network, with an eighth of the filters and five outputs."""
    import keras

    from murmur.network.model import compile_for_training
    from murmur.network.unet3plus import unet3plus

    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    images, labels = slices(range(MICE))
    weights = None
    for size, batch, steps, rate in STAGES:
        network = unet3plus([count // WIDER for count in FILTERS], size)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = MOMENTUM
        if weights:
            network.set_weights(weights)
        compile_for_training(network, rate)
        for step in range(steps):
            chosen = rng.choice(len(images), batch, replace=False)
            row, column = rng.integers(0, SIZE - size + 1, 2)
            if size < SIZE:  # a part with heart in it
                row, column = 32 * rng.integers(1, 4, 2)
            part = (chosen, slice(row, row + size), slice(column, column + size))
            truth = labels[part][..., None]
            values = network.train_on_batch(
                images[part][..., None], dict.fromkeys(network.output_names, truth), return_dict=True
            )
            if step % 10 == 0:
                dice = ", ".join(f"{name} {value:.2f}" for name, value in values.items() if "dice" in name)
                print(f"{size} x {size}, step {step} of {steps}: loss {values['loss']:.3f} {dice}", flush=True)
        weights = network.get_weights()
    return network


def widened(narrow: "keras.Model") -> "keras.Model":  # noqa: F821
    """Return the network with all filters that computes the same as `narrow`."""
    from murmur.network.unet3plus import unet3plus

    wide = unet3plus(FILTERS, SIZE)
    weights = []
    for values, shape in zip(narrow.get_weights(), [weight.shape for weight in wide.weights], strict=True):
        factors = [new // old for new, old in zip(shape, values.shape, strict=True)]
        for axis, factor in enumerate(factors):
            values = np.repeat(values, factor, axis)
        weights.append(values / factors[2] if len(shape) == 4 else values)
    wide.set_weights(weights)
    return wide


def check(network: "keras.Model") -> None:  # noqa: F821
    """End the process unless the network segments a mouse that it has not seen."""
    images, labels = slices([MICE])
    found = network.predict(images[..., None], batch_size=4, verbose=0)[-1].argmax(axis=-1)
    scores = {name: dice(found == label, labels == label) for name, label in STRUCTURES.items()}
    print("Another mouse:", ", ".join(f"Dice of {name} {score:.2f}" for name, score in scores.items()), flush=True)
    if min(scores.values()) < MIN_DICE:
        sys.exit(f"The network has not learned to segment, expected Dice coefficients of at least {MIN_DICE}.")


if __name__ == "__main__":
    if not FULL.exists():
        from murmur.network.model import save_model

        CACHE.mkdir(exist_ok=True)
        trained = train()
        check(trained)
        save_model(widened(trained), FULL)
