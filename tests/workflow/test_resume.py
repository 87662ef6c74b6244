"""A training that is killed goes on where it was, and ends as if it had not been."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil

NETWORK = {"architecture": "unet", "filters": [2, 2], "size": 64, "downsample": 4}  # TensorFlow starts it quickly
TRAINING = {"epochs": 6, "batch_size": 1}
READERS = ["whole", "cut", "changed"]
STUDY = {
    "study": "cut",
    "cohorts": {
        "internal": {
            "source": {"phantom": {"mice": 6, "frame_interval_ms": 15}},
            "split": {"train": 2, "validation": 2, "test": 2},
        },
    },
    "readers": {
        name: {"train_on": "internal", "network": NETWORK, "training": TRAINING | {"seed": seed}}
        for name, seed in zip(READERS, (42, 42, 43), strict=True)
    },
}


def epochs_kept(reader):
    """Number of epochs that the checkpoint of a reader holds."""
    try:
        with np.load(reader / "checkpoint" / "state.npz") as file:
            return len(json.loads(str(file["text"]))["history"])
    except FileNotFoundError:
        return 0


def kill_training(run, reader, by):
    """Send a signal to the training of a reader."""
    for process in psutil.Process(run.pid).children(recursive=True):
        if any(file.path.endswith(f"train_network/{reader.name}.log") for file in process.open_files()):
            process.send_signal(by)


def train(place, readers, kills):
    """Train the networks of `readers`, two at a time; the default number of cores is shared.

    `kills` are a reader's folder, a function that says when to kill its training, and the signal.
    """
    models = [f"results/cut/readers/{name}/model.keras" for name in readers]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(place.checkout / "Snakefile"), "--cores", "2"]
    command += ["--set-threads", "train_network=1", "--configfile", place.write(STUDY), "--", *models]
    with (
        open(place.folder / "output.txt", "w+") as output,
        subprocess.Popen(command, cwd=place.folder, stdout=output, stderr=subprocess.STDOUT) as run,
    ):
        waiting = list(kills)
        while run.poll() is None:
            for kill in waiting[:]:
                reader, now, by = kill
                if now(reader):
                    kill_training(run, reader, by)
                    waiting.remove(kill)
            time.sleep(0.05)
        output.seek(0)
        return run.returncode, output.read()


def test_a_killed_training_goes_on(workplace):
    """Killed by SIGKILL, then by SIGTERM, and started by the same command; another one's state is not its own."""
    whole, cut, changed = (workplace.results("cut") / "readers" / name for name in READERS)
    status, output = train(
        workplace, ["whole", "cut"], [(cut, lambda reader: epochs_kept(reader) >= 2, signal.SIGKILL)]
    )
    assert status == 1, output
    assert 2 <= epochs_kept(cut) < 4
    assert (cut / "slices.h5").exists()
    assert not (cut / "model.keras").exists()
    finished = (whole / "model.keras").stat().st_mtime_ns

    log = workplace.results("cut") / "logs" / "train_network" / "changed.log"
    refused = "belongs to another training (training.seed changed): training starts from the beginning"
    shutil.copytree(cut / "checkpoint", changed / "checkpoint")
    kills = [
        (cut, lambda reader: epochs_kept(reader) >= 4, signal.SIGTERM),
        (changed, lambda _: log.exists() and refused in log.read_text(errors="replace"), signal.SIGKILL),
    ]
    status, output = train(workplace, READERS, kills)
    assert status == 1, output
    assert "Training resumes after epoch" in output
    assert 4 <= epochs_kept(cut) < 6
    assert refused in log.read_text()
    assert epochs_kept(changed) == 0

    status, output = train(workplace, ["whole", "cut"], [])
    assert status == 0, output
    assert "Training resumes after epoch" in output
    assert (whole / "model.keras").stat().st_mtime_ns == finished
    for name in ("model.keras", "history.csv", "training.json"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    assert not (cut / "checkpoint").exists()
