"""Functions for networks of every architecture: metrics, compilation, segmentation output and file."""

import json
import re
import zipfile
from pathlib import Path

import keras
from keras import ops

from murmur.files import atomic_write
from murmur.network.losses import losses_of
from murmur.vocabulary import STRUCTURES


def last_head(model: keras.Model) -> keras.Model:
    """Return `model` with its full-resolution output only."""
    return keras.Model(model.inputs, model.outputs[-1], name=model.name)


@keras.saving.register_keras_serializable("murmur")
class StructureDice(keras.metrics.Metric):
    """Dice coefficient of one structure over all slices of an epoch, from hard labels: 2 · |A ∩ B| / (|A| + |B|)."""

    def __init__(self, structure: str, **kwargs):
        """Measure `structure`, one of myocardium and blood_pool."""
        super().__init__(name=kwargs.pop("name", f"dice_{structure}"), **kwargs)
        self.structure = structure
        self.shared = self.add_variable((), "zeros", name="shared")
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, labels, probabilities, sample_weight=None):
        """Add a batch: labels (batch, row, column, 1 or more), probabilities (batch, row, column, 3)."""
        label = STRUCTURES[self.structure]
        truth = ops.cast(ops.equal(ops.cast(labels[..., 0], "int32"), label), "float32")
        found = ops.cast(ops.equal(ops.argmax(probabilities, -1), label), "float32")
        self.shared.assign_add(ops.sum(truth * found))
        self.total.assign_add(ops.sum(truth) + ops.sum(found))

    def result(self):
        """Return the Dice coefficient so far; 0 if the structure has not occurred yet."""
        return 2 * self.shared / ops.maximum(self.total, 1.0)

    def get_config(self):
        """Return the configuration from which the metric can be rebuilt."""
        return {**super().get_config(), "structure": self.structure}


def compile_for_training(
    model: keras.Model, learning_rate: float, xla: bool = False, loss: str = "dice", shape_weight: float = 0.0
) -> None:
    """Compile `model` with Adam, the losses of its outputs and the Dice of each structure on the last one.

    With `xla`, each step is compiled; in float16, Keras applies loss scaling.
    """
    losses, weights = losses_of(model, loss, shape_weight)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=losses,
        loss_weights=weights,
        metrics={model.output_names[-1]: [StructureDice(structure) for structure in STRUCTURES]},
        jit_compile=xla,
    )


def _renumber_shared_objects(config: str) -> str:
    """Number the objects that layers share 1, 2, ... in order of appearance; Keras uses their memory addresses."""
    numbers: dict[str, int] = {}
    return re.sub(
        r'(?<="shared_object_id": )\d+', lambda match: str(numbers.setdefault(match[0], len(numbers) + 1)), config
    )


def save_model(model: keras.Model, path: str | Path) -> None:
    """Save `model` as a Keras 3 file whose bytes depend only on its layers and weights.

    Keras records the time of saving and memory addresses, which are replaced by fixed values. The file appears under
    its name only when it is complete.
    """
    with atomic_write(path) as partial:
        model.save(partial)
        with zipfile.ZipFile(partial) as saved:
            members = {name: saved.read(name) for name in sorted(saved.namelist())}
        members["metadata.json"] = json.dumps(
            {**json.loads(members["metadata.json"]), "date_saved": "1970-01-01@00:00:00"}
        ).encode()
        members["config.json"] = _renumber_shared_objects(members["config.json"].decode()).encode()
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as repacked:
            for name, content in members.items():
                repacked.writestr(zipfile.ZipInfo(name), content)
