"""State of a training after its last completed epoch, from which an interrupted training is resumed.

`state.npz` contains, without pickled objects, the variables of the network (including the random state of dropout) and
of the optimiser, the best weights so far, and as text (JSON) the history, the state of early stopping and everything
that determines the training. It is replaced atomically. `stopped.json` records that the training stopped because the
loss was infinite or NaN, and with which settings.
"""

import hashlib
import json
import os
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np

from murmur.errors import BadInput
from murmur.logs import SHOW, log
from murmur.network.callbacks import History
from murmur.provenance.record import differences

BLOCK = 64  # slices read at a time


def digest_of_slices(path: str | Path) -> str:
    """Return a digest of the images, masks and names in a file of slices, independent of the HDF5 layout."""
    digest = hashlib.sha256()
    with h5py.File(path, "r") as file:
        for part in ("train", "validation"):
            for name in ("images", "masks"):
                data = file[part][name]
                digest.update(f"{part} {name} {data.shape} {data.dtype}\n".encode())
                for start in range(0, len(data), BLOCK):
                    digest.update(data[start : start + BLOCK].tobytes())
            digest.update("\n".join(file[part]["names"].asstr()[:]).encode())
    return digest.hexdigest()


def _replace(path: Path, write) -> None:
    """Replace the file `path` atomically, with content written by `write(file)`, and flush it to disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")  # another job may still be running
    with open(partial, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


class Checkpoint(keras.callbacks.Callback):
    """Save the state of a training after each epoch, and restore it when the training is resumed.

    In the list of callbacks, it must follow the history and the early stopping, the state of which it saves.
    """

    def __init__(
        self,
        folder: str | Path,
        settings: dict,
        history: History,
        stopping: keras.callbacks.EarlyStopping,
    ):
        """Save the state in `folder`; `settings` is everything that determines the training, as values of JSON.

        A state with different settings is never used: it is removed, which is logged. Raises BadInput if a training
        with the same settings stopped here because of its loss, which would recur, and if only the device differs,
        because a missing GPU is no reason to discard the epochs trained on it.
        """
        super().__init__()
        self.folder, self.history, self.stopping = Path(folder), history, stopping
        self.settings = json.loads(json.dumps(settings))
        self.failure = self.folder / "stopped.json"
        self.kept = self._read()
        if self.kept:
            log.info("Training resumes after epoch %d, the last one completed.", self.epochs, extra=SHOW)

    @property
    def _state(self) -> Path:
        return self.folder / "state.npz"

    @property
    def epochs(self) -> int:
        """Number of completed epochs."""
        return len(self.kept["history"]) if self.kept else 0

    @property
    def stopped(self) -> bool:
        """Whether early stopping has ended the training after these epochs."""
        return bool(self.kept and self.kept["stopped"])

    def _read(self) -> dict | None:
        if self.failure.exists():
            failed = json.loads(self.failure.read_text(encoding="utf-8"))
            if failed["settings"] == self.settings:
                raise BadInput(
                    f"{failed['sentence']} This happened in an earlier run and would recur with the same settings, so "
                    f"the training is not repeated (remove {self.failure} to resume after the last completed epoch "
                    f"regardless, or {self.folder} to train from the beginning)."
                )
        if not self._state.exists():
            self.failure.unlink(missing_ok=True)
            return None
        try:
            with open(self._state, "rb") as stream, np.load(stream, allow_pickle=False) as file:
                kept = json.loads(str(file["text"])) | {
                    group: [file[f"{group}_{number:04d}"] for number in range(int(file[group]))]
                    for group in ("network", "optimizer", "best")
                }
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return self._discard("cannot be read")
        changed = [key for key, *_ in differences(kept["settings"], self.settings)]
        if changed and all(key.startswith("device.") for key in changed):
            was, now = kept["settings"]["device"], self.settings["device"]
            raise BadInput(
                f"{self._state}: found {len(kept['history'])} epochs of a training on a {_name(was)}, which can only "
                f"be resumed there, and this job has a {_name(now)}; run it where there is a {_name(was)}, or "
                f"remove {self.folder} to train from the beginning"
            )
        if changed:
            return self._discard(f"belongs to another training ({', '.join(changed)} changed)")
        return kept

    def _discard(self, reason: str) -> None:
        # best.keras, which a failed training leaves for use by other readers, is retained.
        self._state.unlink()
        self.failure.unlink(missing_ok=True)
        log.warning("%s %s: training starts from the beginning.", self._state, reason)

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Restore the saved state of network, optimiser (already built), history and early stopping."""
        if not self.kept:
            return
        for variables, group in (
            (self.model.variables, "network"),
            (self.model.optimizer.variables, "optimizer"),
        ):
            for variable, value in zip(variables, self.kept[group], strict=True):
                variable.assign(value)
        self.history.rows[:] = self.kept["history"]
        self.stopping.wait, self.stopping.best = self.kept["wait"], self.kept["best_loss"]
        self.stopping.best_epoch, self.stopping.best_weights = self.kept["best_epoch"], self.kept["best"]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save the state after epoch `epoch`, counted from 0."""
        text = {
            "settings": self.settings,
            "history": self.history.rows,
            "wait": self.stopping.wait,
            "best_loss": float(self.stopping.best),
            "best_epoch": self.stopping.best_epoch,
            "stopped": self.model.stop_training,
        }
        arrays = {"text": np.array(json.dumps(text))}
        for group, values in (
            ("network", self.model.variables),
            ("optimizer", self.model.optimizer.variables),
            ("best", self.stopping.best_weights),
        ):
            arrays[group] = np.array(len(values))
            arrays |= {
                f"{group}_{number:04d}": keras.ops.convert_to_numpy(value) for number, value in enumerate(values)
            }
        _replace(self._state, lambda file: np.savez(file, **arrays))

    def note_failure(self, sentence: str) -> None:
        """Record that the loss was infinite or NaN, so that the same training is not repeated in vain."""
        content = json.dumps({"settings": self.settings, "sentence": sentence}, indent=2) + "\n"
        _replace(self.failure, lambda file: file.write(content.encode()))


def _name(device: dict) -> str:
    return f"{device['kind'].upper()} {'with' if device['xla'] else 'without'} XLA"
