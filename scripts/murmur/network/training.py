"""Training a network: batches of augmented slices, and what is noted of each epoch."""

import h5py
import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from murmur.errors import BadInput
from murmur.logs import log
from murmur.network.recipes import Recipe


class Slices(keras.utils.PyDataset):
    """Batches of slices: images (batch, size, size, 1), float32, and labels (batch, size, size, 1), uint8.

    In training the slices of an epoch, their order and their augmentation follow from the recipe, the seed and the
    epoch alone, however many `workers` (threads, an argument of Keras's own) prepare batches at once. Slices are read
    from disk as they are needed.
    """

    def __init__(
        self, path: str, part: str, batch_size: int, heads: list[str], recipe: Recipe, seed: int | None = None, **kwargs
    ):
        """Read `part` (train or validation) of the file `path`; with a `seed`, draw and augment as `recipe` says.

        Raises BadInput when there is no whole batch to draw.
        """
        super().__init__(**kwargs)
        self.file = h5py.File(path, "r")
        self.images, self.masks = self.file[part]["images"], self.file[part]["masks"]
        self.batch_size, self.heads, self.recipe, self.seed = batch_size, heads, recipe, seed
        self.drawn = [(number, None) for number in range(len(self.images))]
        if seed is not None:
            self.start(0)
            if not self.drawn:
                raise BadInput(
                    f"training.batch_size: found {batch_size}, more than the {len(self.images)} training slices, "
                    "from which this recipe draws full batches; choose a smaller one"
                )

    def __len__(self) -> int:
        """Return the number of batches, the last one perhaps smaller."""
        return -(-len(self.drawn) // self.batch_size)

    def __getitem__(self, index: int):
        """Return batch `index` of the epoch: images, and the same labels for every head."""
        drawn = self.drawn[index * self.batch_size : (index + 1) * self.batch_size]
        pairs = [self._slice(number, seed) for number, seed in drawn]
        images = np.stack([image for image, _ in pairs])[..., None]
        labels = np.stack([mask for _, mask in pairs])[..., None]
        return images, dict.fromkeys(self.heads, labels)

    def _slice(self, number: int, seed: list[int] | None) -> tuple[np.ndarray, np.ndarray]:
        image, mask = self.images[number], self.masks[number]
        return (image, mask) if seed is None else self.recipe.augment(image, mask, np.random.default_rng(seed))

    def start(self, epoch: int) -> None:
        """Go to an epoch, counted from 1: draw its slices."""
        self.drawn = self.recipe.draw(len(self.images), self.batch_size, self.seed, epoch)


def start_equal(model: keras.Model) -> None:
    """Let all kernels of the same shape start from the same weights, as one initialiser with a fixed seed does."""
    initialise = keras.initializers.HeNormal(seed=0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.kernel.assign(initialise(layer.kernel.shape))


class Epochs(keras.callbacks.Callback):
    """Tells the training slices which epoch it is; Keras's own count starts anew when a training goes on."""

    def __init__(self, slices: Slices):
        """Tell `slices`."""
        super().__init__()
        self.slices = slices

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Draw the order of epoch `epoch`, counted from 0."""
        self.slices.start(epoch + 1)


class NotFinite(BadInput):
    """The loss is infinite or not a number: the training cannot go on."""


class FiniteLoss(keras.callbacks.Callback):
    """Ends a training whose loss is infinite or not a number; the first callback, so that nothing is kept of it."""

    def __init__(self, advice: str):
        """Take what to try instead."""
        super().__init__()
        self.advice, self.epoch = advice, 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the epoch, counted from 0."""
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Raise NotFinite after the step in which the loss was lost; it is the mean of the epoch so far."""
        self._check(f"in step {batch + 1}", logs["loss"])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Raise NotFinite when the last step lost the weights, which the validation shows, or none is taken any more.

        In float16 a step with infinite gradients is left out and the scale of the loss halved; below 1 no scale helps.
        """
        self._check("on the validation slices", logs["val_loss"])
        if (scale := getattr(self.model.optimizer, "dynamic_scale", None)) is not None and float(scale) < 1:
            raise NotFinite(f"Epoch {self.epoch}: the gradients are not finite at any loss scale; {self.advice}.")

    def _check(self, where: str, loss: float) -> None:
        if not np.isfinite(loss):
            raise NotFinite(f"Epoch {self.epoch}: the loss {where} is {loss}, expected a finite number; {self.advice}.")


class History(keras.callbacks.Callback):
    """The history of a training: one row per epoch, with names that do not depend on the network's heads."""

    def __init__(self, last_head: str):
        """Take the metrics of the head `last_head`."""
        super().__init__()
        self.last_head = last_head
        self.rows: list[dict] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Note the losses (sum over the heads) and the Dice of each structure."""
        names = {"loss": "loss", "val_loss": "val_loss"}
        for structure in ("myocardium", "blood_pool"):
            for part in ("", "val_"):
                names[f"{part}{self.last_head}_dice_{structure}"] = f"{part}dice_{structure}"
        row = {
            "epoch": epoch + 1,
            **{names[key]: float(value) for key, value in logs.items() if key in names},
        }
        self.rows.append({**row, "learning_rate": float(self.model.optimizer.learning_rate)})

    def table(self) -> pd.DataFrame:
        """Return the history as a table."""
        columns = ["epoch", "loss", "val_loss", "dice_myocardium", "dice_blood_pool"]
        columns += ["val_dice_myocardium", "val_dice_blood_pool", "learning_rate"]
        return pd.DataFrame(self.rows, columns=columns)


class ProgressBar(keras.callbacks.Callback):
    """A progress bar over the epochs with the last losses and Dice."""

    def __init__(self, bar: tqdm, history: History):
        """Advance `bar`, showing what `history` noted last; the history must come before this callback."""
        super().__init__()
        self.bar, self.history = bar, history

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Advance by one epoch and print one line into the log."""
        row = self.history.rows[-1]
        shown = {
            name: f"{row[name]:.3f}" for name in ("loss", "val_loss", "val_dice_myocardium", "val_dice_blood_pool")
        }
        self.bar.set_postfix(shown)
        self.bar.update()
        log.info("epoch %d: %s", epoch + 1, ", ".join(f"{name} {value}" for name, value in shown.items()))
