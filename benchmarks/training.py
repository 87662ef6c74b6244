"""Time training and reading at the paper's scale: `python benchmarks/training.py`, with --steps and --precision.

Slices are generated in memory: what is timed is the network, not the disk. The paper's scale is 2,087 images of
256 × 256 in batches of 16, 131 steps per epoch, 163 epochs; the paper took 4 h, and 19.6 ms per image, on one RTX 3090.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import keras

from murmur.network import compile_for_training, last_head, unet3plus
from murmur.training import find_gpus

FILTERS, SIZE, BATCH, IMAGES, EPOCHS = [32, 64, 128, 256, 512], 256, 16, 2087, 163


def seconds_per_step(network: keras.Model, steps: int) -> float:
    """Return the mean seconds of a training step, the first one (tracing, compilation) not counted."""
    generator = np.random.default_rng(0)
    images = generator.random((BATCH, SIZE, SIZE, 1), dtype=np.float32)
    labels = dict.fromkeys(network.output_names, generator.integers(0, 3, (BATCH, SIZE, SIZE, 1), dtype=np.uint8))
    network.train_on_batch(images, labels)
    start = time.perf_counter()
    for _ in range(steps):
        network.train_on_batch(images, labels)
    return (time.perf_counter() - start) / steps


def milliseconds_per_image(network: keras.Model, steps: int) -> float:
    """Return the mean milliseconds to read an image, in stacks of ten, as one frame of a mouse."""
    reader = last_head(network)
    stack = np.random.default_rng(0).random((10, SIZE, SIZE, 1), dtype=np.float32)
    reader.predict_on_batch(stack)
    start = time.perf_counter()
    for _ in range(steps):
        reader.predict_on_batch(stack)
    return (time.perf_counter() - start) / steps / len(stack) * 1000


def main() -> None:
    """Print one line per precision."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20, help="steps that are timed")
    parser.add_argument("--precision", nargs="+", default=["float32", "mixed_bfloat16"])
    arguments = parser.parse_args()
    gpus = find_gpus(0)
    print(f"Keras {keras.__version__} on {keras.backend.backend()}, {', '.join(gpus) or 'CPU'}")
    for precision in arguments.precision:
        keras.config.set_dtype_policy(precision)
        network = unet3plus(FILTERS, SIZE)
        compile_for_training(network, 1e-3, bool(gpus))
        step = seconds_per_step(network, arguments.steps)
        epoch = step * -(-IMAGES // BATCH)
        image = milliseconds_per_image(network, arguments.steps)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{precision}: {step:.3f} s per step, {epoch:.1f} s per epoch, {epoch * EPOCHS / 3600:.2f} h for {EPOCHS} "
            f"epochs, {image:.1f} ms per image, peak memory of the process {peak:.1f} GiB"
        )


if __name__ == "__main__":
    main()
