"""Training on JAX instead of TensorFlow; this compiles the whole network, which takes some twenty seconds."""

import json
import os
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
import pytest

keras = pytest.importorskip("keras")

from murmur.network import unet3plus  # noqa: E402
from murmur.network.recipes import RECIPES  # noqa: E402
from murmur.network.training import Slices  # noqa: E402

NETWORK = {"architecture": "unet3plus", "filters": [2, 2, 2, 2, 2], "size": 32, "downsample": 2, "dropout": 0.3}
TRAINING = {"recipe": "paper", "precision": "float32", "epochs": 1, "patience": 5, "batch_size": 2, "seed": 5}
TRAINING |= {"learning_rate": 0.01, "schedule": "constant"}


def test_two_steps_on_jax_give_a_network_that_tensorflow_reads(root, tmp_path):
    jax = root / ".venv" / "jax"  # apart from the other packages, see envs/requirements-jax.txt
    if not jax.is_dir():
        pytest.skip("JAX is not installed: make .venv/jax/ready")
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        for part, count in (("train", 4), ("validation", 2)):
            group = file.create_group(part)
            group["images"] = rng.random((count, 32, 32), np.float32)
            group["masks"] = rng.integers(0, 3, (count, 32, 32), np.uint8)
            group.create_dataset("names", data=[f"M_sl{n:02d}_fr00" for n in range(count)], dtype=h5py.string_dtype())
    files = {"model": "model.keras", "history": "history.csv", "record": "training.json"}
    arguments = {"slices": "slices.h5", "network": NETWORK, "training": TRAINING, "threads": 2, **files}
    code = "import json, sys, train_network; train_network.main(**json.loads(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", code, json.dumps(arguments)],
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": f"{root / 'scripts'}:{jax}"},
        cwd=tmp_path,
        check=True,
    )
    assert "jax" in json.loads((tmp_path / "training.json").read_text())["software"]
    history = pd.read_csv(tmp_path / "history.csv")
    assert len(history) == 1

    assert keras.backend.backend() == "tensorflow"
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    unet3plus.compile_for_training(model, 0.01)
    validation = Slices(str(tmp_path / "slices.h5"), "validation", 2, model.output_names, RECIPES["paper"])
    assert model.evaluate(validation, verbose=0)[0] == pytest.approx(history["val_loss"][0], rel=1e-4)
