"""What happens at the steps and epochs of a training: draw its slices, check the loss, note the history."""

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from murmur.errors import BadInput
from murmur.logs import log
from murmur.network.batches import Slices


class Epochs(keras.callbacks.Callback):
    """Tells the training slices which epoch it is; Keras's own count starts anew when a training goes on."""

    def __init__(self, slices: Slices):
        """Take the training slices."""
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

    COLUMNS = ("epoch", "loss", "val_loss", "dice_myocardium", "dice_blood_pool")
    COLUMNS += ("val_dice_myocardium", "val_dice_blood_pool", "learning_rate")

    def __init__(self, last_head: str):
        """Take the metrics of the head `last_head`."""
        super().__init__()
        self.last_head = last_head
        self.rows: list[dict] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Note the losses (sum over the heads) and the Dice of each structure."""
        names = {key: key.replace(f"{self.last_head}_", "", 1) for key in logs}  # a single head has no prefix
        row = {"epoch": epoch + 1, **{names[key]: float(logs[key]) for key in logs if names[key] in self.COLUMNS}}
        self.rows.append({**row, "learning_rate": float(self.model.optimizer.learning_rate)})

    def table(self) -> pd.DataFrame:
        """Return the history as a table."""
        return pd.DataFrame(self.rows, columns=self.COLUMNS)


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
