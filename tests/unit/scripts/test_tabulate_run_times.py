import json
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest

import tabulate_run_times
from tabulate_run_times import Training

REPEATS = {"net_1": "net", "net_2": "net"}


def run(seconds, memory, **more):
    return SimpleNamespace(run={"seconds": seconds, "peak_memory_MB": memory, **more})


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Two trainings of a network, the second resumed after 6 of 10 epochs, and one not trained here; two mice."""
    monkeypatch.chdir(tmp_path)
    trainings, makers, masks = {}, {}, []
    for number, (log, seconds) in enumerate(
        [("INFO    epoch 10", 100.0), ("Training resumes after epoch 6, the", 60.0)]
    ):
        reader = f"net_{number + 1}"
        card = {"parameters": 50, "device": {"kind": "cpu"}, "threads": 2, "epochs_trained": 10}
        trainings[reader] = Training(*(f"{reader}.{suffix}" for suffix in ("json", "keras", "log")))
        (tmp_path / f"{reader}.json").write_text(json.dumps(card))
        (tmp_path / f"{reader}.log").write_text(f"2026-01-01 10:00:00 {log}\n")
        makers[f"{reader}.keras"] = run(seconds, 900 + number, cpu_seconds=2 * seconds)
    for reader in ("net_1", "net_2", "given"):
        (tmp_path / "mice" / reader).mkdir(parents=True)
        for mouse, frames in (("Mouse1", 4), ("Mouse2", 6)):
            masks.append(f"mice/{reader}/{mouse}.h5")
            with h5py.File(masks[-1], "w") as file:
                file["Masks"] = np.zeros((8, 9, 5, frames), np.uint8)
            makers[masks[-1]] = run(2.0, 300 + frames, cpu_seconds=3.0)
    return trainings, masks, makers


def test_times_of_epochs_and_images(study):
    trainings, masks, makers = study
    table = tabulate_run_times.tabulate(trainings, masks, REPEATS, makers).set_index("reader")
    assert list(table.index) == ["net", "given"]
    row = table.loc["net"]
    assert (row["repeats"], row["parameters"], row["epochs"], row["device"]) == (2, 50, 10, "cpu")
    assert row["training_s"] == 80
    assert row["epoch_s"] == pytest.approx((100 / 10 + 60 / 4) / 2), "the last job of the second ran four epochs"
    assert row["epoch_cpu_s"] == pytest.approx(2 * row["epoch_s"])
    assert (row["training_memory_MB"], row["segmentation_memory_MB"]) == (901, 306)
    assert (row["images"], row["image_s"], row["image_cpu_s"]) == (100, pytest.approx(0.08), pytest.approx(0.12))
    assert table.loc["given", ["parameters", "device", "epoch_s"]].isna().all()
    assert table.loc["given", "images"] == 50


def test_without_records_and_logs_values_are_missing(study, tmp_path):
    trainings, masks, makers = study
    (tmp_path / "net_2.log").unlink()
    del makers["net_1.keras"], makers[masks[0]]
    table = tabulate_run_times.tabulate(trainings, masks, {}, makers).set_index("reader")
    assert table.loc["net_1", ["training_s", "epoch_s"]].isna().all()
    assert table.loc["net_1", ["epochs", "images"]].tolist() == [10, 30]
    assert pd.isna(table.loc["net_2", "epoch_s"]), "without the log it is unknown whether it was resumed"
    assert table.loc["net_2", "training_s"] == 60
    none = tabulate_run_times.tabulate({}, masks, {}, {})
    assert none["image_s"].isna().all() and none["images"].tolist() == [0, 0, 0]


def test_log_of_a_resumed_training_is_known(root):
    """The sentence of `Checkpoint`, from which the epochs are taken."""
    source = (root / "scripts/murmur/network/checkpoint.py").read_text()
    assert tabulate_run_times.RESUMED.pattern.replace(r"(\d+)", "%d") in source
