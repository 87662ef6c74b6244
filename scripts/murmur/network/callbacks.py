"""Callbacks of a training: sampling of slices, check of the loss, history and progress."""

import keras
import numpy as np
import pandas as pd
from tqdm import tqdm

from murmur.errors import BadInput
from murmur.logs import log
from murmur.network.batches import Slices


class Epochs(keras.callbacks.Callback):
    """Pass the epoch number to the training slices; Keras's own counter restarts when a training is resumed."""

    def __init__(self, slices: Slices):
        """Take the training slices."""
        super().__init__()
        self.slices = slices

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Sample the slices of epoch `epoch`, counted from 0."""
        self.slices.start(epoch + 1)


class NotFinite(BadInput):
    """The loss is infinite or NaN, so that the training cannot continue."""


class FiniteLoss(keras.callbacks.Callback):
    """Stop the training if the loss is infinite or NaN; the first callback, so that this state is not saved."""

    def __init__(self, advice: str):
        """Take the advice to include in the message."""
        super().__init__()
        self.advice, self.epoch = advice, 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Record the epoch, counted from 0."""
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Raise NotFinite after the step in which the loss, the mean of the epoch so far, becomes infinite or NaN."""
        self._check(f"in step {batch + 1}", logs["loss"])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Raise NotFinite if the validation loss is infinite or NaN, or if steps are no longer taken.

        In float16, steps with infinite gradients are skipped and the loss scale is halved; scales below 1 do not help.
        """
        self._check("on the validation slices", logs["val_loss"])
        if (scale := getattr(self.model.optimizer, "dynamic_scale", None)) is not None and float(scale) < 1:
            raise NotFinite(f"Epoch {self.epoch}: the gradients are not finite at any loss scale; {self.advice}.")

    def _check(self, where: str, loss: float) -> None:
        if not np.isfinite(loss):
            raise NotFinite(f"Epoch {self.epoch}: the loss {where} is {loss}, expected a finite number; {self.advice}.")


class History(keras.callbacks.Callback):
    """History of a training: one row per epoch, with names that do not depend on the outputs of the network."""

    COLUMNS = ("epoch", "loss", "val_loss", "dice_myocardium", "dice_blood_pool")
    COLUMNS += ("val_dice_myocardium", "val_dice_blood_pool", "learning_rate")

    def __init__(self, last_head: str):
        """Record the metrics of the output `last_head`."""
        super().__init__()
        self.last_head = last_head
        self.rows: list[dict] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Record the losses (summed over the outputs) and the Dice coefficient of each structure."""
        names = {key: key.replace(f"{self.last_head}_", "", 1) for key in logs}  # a single output has no prefix
        row = {"epoch": epoch + 1, **{names[key]: float(logs[key]) for key in logs if names[key] in self.COLUMNS}}
        self.rows.append({**row, "learning_rate": float(self.model.optimizer.learning_rate)})

    def table(self) -> pd.DataFrame:
        """Return the history as a table."""
        return pd.DataFrame(self.rows, columns=self.COLUMNS)


class ProgressBar(keras.callbacks.Callback):
    """Progress bar over the epochs, with the latest losses and Dice coefficients."""

    def __init__(self, bar: tqdm, history: History):
        """Advance `bar` and show the last row of `history`, which must precede this callback."""
        super().__init__()
        self.bar, self.history = bar, history

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Advance by one epoch and log one line."""
        row = self.history.rows[-1]
        shown = {
            name: f"{row[name]:.3f}" for name in ("loss", "val_loss", "val_dice_myocardium", "val_dice_blood_pool")
        }
        self.bar.set_postfix(shown)
        self.bar.update()
        log.info("epoch %d: %s", epoch + 1, ", ".join(f"{name} {value}" for name, value in shown.items()))
