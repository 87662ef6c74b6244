"""Batches of augmented slices for training and of unaugmented slices for validation."""

import h5py
import keras
import numpy as np

from murmur.errors import BadInput
from murmur.network.augmentation import Recipe
from murmur.network.shapes import with_shapes

IMAGE = "reconstruction"  # the output whose target is the image


class Slices(keras.utils.PyDataset):
    """Batches of images (batch, size, size, 1), float32, and labels (batch, size, size, 1), uint8.

    With shapes, labels are float32 (batch, size, size, 3), with the shape map of each structure (`shapes.py`).
    During training, the slices of an epoch, their order and their augmentation depend only on the recipe, the seed and
    the epoch, not on the number of `workers` (threads, an argument of Keras) that prepare batches. Slices are read from
    disk when they are needed.
    """

    def __init__(
        self,
        path: str,
        part: str,
        batch_size: int,
        heads: list[str],
        recipe: Recipe,
        seed: int | None = None,
        shapes: bool = False,
        **kwargs,
    ):
        """Read `part` (train or validation) of the file `path`; with a `seed`, sample and augment as in `recipe`.

        Raises BadInput if there are not enough slices for a full batch.
        """
        super().__init__(**kwargs)
        self.file = h5py.File(path, "r")
        self.images, self.masks = self.file[part]["images"], self.file[part]["masks"]
        self.batch_size, self.heads, self.recipe, self.seed, self.shapes = batch_size, heads, recipe, seed, shapes
        self.drawn = [(number, None) for number in range(len(self.images))]
        if seed is not None:
            self.start(0)
            if not self.drawn:
                raise BadInput(
                    f"training.batch_size: found {batch_size}, more than the {len(self.images)} training slices, "
                    "from which this recipe draws full batches; choose a smaller one"
                )

    def __len__(self) -> int:
        """Return the number of batches; the last one may be smaller."""
        return -(-len(self.drawn) // self.batch_size)

    def __getitem__(self, index: int):
        """Return batch `index` of the epoch: images, and for every output the same labels, or the images."""
        drawn = self.drawn[index * self.batch_size : (index + 1) * self.batch_size]
        pairs = [self._slice(number, seed) for number, seed in drawn]
        images = np.stack([image for image, _ in pairs])[..., None]
        labels = np.stack([with_shapes(mask) if self.shapes else mask[..., None] for _, mask in pairs])
        if len(self.heads) == 1:
            return images, labels
        return images, {head: images if head == IMAGE else labels for head in self.heads}

    def _slice(self, number: int, seed: list[int] | None) -> tuple[np.ndarray, np.ndarray]:
        image, mask = self.images[number], self.masks[number]
        return (image, mask) if seed is None else self.recipe.augment(image, mask, np.random.default_rng(seed))

    def start(self, epoch: int) -> None:
        """Start an epoch, counted from 1, by sampling its slices."""
        self.drawn = self.recipe.draw(len(self.images), self.batch_size, self.seed, epoch)
