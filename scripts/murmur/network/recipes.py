"""The two ways to train that the study left behind: the paper's, and that of its public code (docs/training.md)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from murmur.network.augmentation import augment_notebook, augment_paper


class Recipe(NamedTuple):
    """What the paper and the code do differently."""

    augment: Callable  # (image, mask, generator) to a changed image and mask
    with_replacement: bool  # draw each batch anew from all slices, whole batches only; else every slice once per epoch
    validation_batch: int | None  # slices per batch of validation, over which the loss is taken; else as in training
    equal_starts: bool  # kernels of the same shape start from the same weights

    def steps(self, slices: int, batch_size: int) -> int:
        """Return the number of steps of an epoch."""
        return slices // batch_size if self.with_replacement else -(-slices // batch_size)

    def draw(self, slices: int, batch_size: int, seed: int, epoch: int) -> list[tuple[int, list[int]]]:
        """Return the slices of an epoch in their order, each with the seed of its augmentation."""
        rng = np.random.default_rng([seed, epoch])
        if self.with_replacement:
            drawn = rng.integers(slices, size=self.steps(slices, batch_size) * batch_size)
            # From 1, for NumPy draws the same from [seed, epoch, 0] as from [seed, epoch].
            return [(number, [seed, epoch, place]) for place, number in enumerate(drawn.tolist(), start=1)]
        order = np.arange(slices)
        rng.shuffle(order)
        return [(number, [seed, epoch, number]) for number in order.tolist()]


RECIPES = {
    "paper": Recipe(augment_paper, with_replacement=False, validation_batch=None, equal_starts=False),
    "notebook": Recipe(augment_notebook, with_replacement=True, validation_batch=32, equal_starts=True),
}
