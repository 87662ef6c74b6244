"""Time training and segmentation at the paper's scale: `python benchmarks/training.py`, with --steps and --precision.

Slices are generated in memory, so that the network is timed without the disk; augmentation, which runs in other
threads, is timed separately. Each precision is timed in its own process. The paper's scale is 2,087 images of 256 × 256
in batches of 16, 131 steps per epoch, 163 epochs; the paper took 4 h, and 19.6 ms per image, on one RTX 3090.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import keras
import tensorflow

from murmur.network.augmentation import augment_paper
from murmur.network.devices import find_gpus
from murmur.network.model import compile_for_training, last_head
from murmur.network.unet3plus import unet3plus

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
    """Return the mean milliseconds to segment an image with Keras: the ten of a frame, in batches of five."""
    reader = last_head(network)
    stack = np.random.default_rng(0).random((10, SIZE, SIZE, 1), dtype=np.float32)
    reader.predict(stack, batch_size=5, verbose=0)
    start = time.perf_counter()
    for _ in range(steps):
        reader.predict(stack, batch_size=5, verbose=0)
    return (time.perf_counter() - start) / steps / len(stack) * 1000


def milliseconds_per_augmentation(slices: int = 200) -> float:
    """Return the mean milliseconds in which one thread augments a slice."""
    rng = np.random.default_rng(0)
    image, mask = rng.random((SIZE, SIZE), dtype=np.float32), rng.integers(0, 3, (SIZE, SIZE), dtype=np.uint8)
    start = time.perf_counter()
    for _ in range(slices):
        augment_paper(image, mask, rng)
    return (time.perf_counter() - start) / slices * 1000


def peak_memory(gpus: list[str]) -> str:
    """Return the peak memory of this process and, if there are any, of the first of `gpus`, as text."""
    peak = f"peak memory of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB"
    if gpus:
        peak += f", of the GPU {tensorflow.config.experimental.get_memory_info('GPU:0')['peak'] / 2**30:.1f} GiB"
    return peak


def measure(precision: str, steps: int) -> None:
    """Print the results for one precision."""
    gpus = find_gpus(0)
    keras.config.set_dtype_policy(precision)
    network = unet3plus(FILTERS, SIZE, mix_first=True)
    compile_for_training(network, 1e-3, xla=bool(gpus))
    step = seconds_per_step(network, steps)
    epoch = step * -(-IMAGES // BATCH)
    image = milliseconds_per_image(unet3plus(FILTERS, SIZE), steps)
    print(
        f"{precision}: {step:.3f} s per step, {epoch:.1f} s per epoch without validation, "
        f"{epoch * EPOCHS / 3600:.2f} h for {EPOCHS} epochs, {image:.1f} ms per image, {peak_memory(gpus)}"
    )


def main() -> None:
    """Print software versions, one line per precision, and the time of the augmentation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20, help="number of steps to time")
    parser.add_argument("--precision", nargs="+", default=["float32", "mixed_bfloat16"])
    arguments = parser.parse_args()
    print(f"Keras {keras.__version__} on TensorFlow {tensorflow.__version__}", flush=True)
    for precision in arguments.precision:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(precision, arguments.steps))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"{precision}: ended with status {process.exitcode}; out of memory?")
    augmentation = milliseconds_per_augmentation()
    print(f"augmentation: {augmentation:.1f} ms per slice on one thread, {augmentation * BATCH / 1000:.3f} s per batch")


if __name__ == "__main__":
    main()
