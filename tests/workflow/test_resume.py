"""A training that is killed goes on where it was, and ends as if it had not been."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import psutil

NETWORK = {"filters": [2, 2, 2, 2, 2], "size": 64, "downsample": 4}
TRAINING = {"epochs": 6, "batch_size": 2}
READERS = ["cut", "whole", "changed"]
FILES = ("model.keras", "history.csv", "training.json")


def study(**seeds):
    split = {"train": 2, "validation": 2, "test": 2}
    return {
        "study": "cut",
        "cohorts": {"internal": {"source": {"phantom": {"mice": 6}}, "split": split}},
        "readers": {
            name: {"train_on": "internal", "network": NETWORK, "training": TRAINING | {"seed": seeds.get(name, 42)}}
            for name in READERS
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


def train(place, file, kills=()):
    """Train all networks of a study, the default number of cores shared by two at a time.

    `kills` are a reader's folder, the epoch after which its training is killed, and the signal.
    """
    models = [f"results/cut/readers/{name}/model.keras" for name in READERS]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(place.checkout / "Snakefile"), "--cores", "2"]
    command += ["--set-threads", "train_network=1", "--configfile", file, "--", *models]
    with (
        open(place.folder / "output.txt", "w+") as output,
        subprocess.Popen(command, cwd=place.folder, stdout=output, stderr=subprocess.STDOUT) as run,
    ):
        waiting = list(kills)
        while run.poll() is None:
            for kill in waiting[:]:
                reader, epoch, by = kill
                if epochs_kept(reader) >= epoch:
                    kill_training(run, reader, by)
                    waiting.remove(kill)
            time.sleep(0.05)
        output.seek(0)
        return run.returncode, output.read()


def test_a_killed_training_goes_on(workplace):
    """Killed by SIGKILL, then by SIGTERM, and started by the same command; another one's seed is changed meanwhile."""
    whole, cut, changed = (workplace.results("cut") / "readers" / name for name in ("whole", "cut", "changed"))
    status, output = train(
        workplace, workplace.write(study()), [(cut, 2, signal.SIGKILL), (changed, 1, signal.SIGKILL)]
    )
    assert status == 1, output
    assert 2 <= epochs_kept(cut) < 4
    assert epochs_kept(changed)
    for reader in (cut, changed):
        assert (reader / "slices.h5").exists()
        assert not (reader / "model.keras").exists()
    finished = (whole / "model.keras").stat().st_mtime_ns

    file = workplace.write(study(changed=43))
    status, output = train(workplace, file, [(cut, 4, signal.SIGTERM)])
    assert status == 1, output
    assert "Training goes on after epoch" in output
    assert "belongs to another training (training.seed changed)" in output
    assert 4 <= epochs_kept(cut) < 6
    assert len((changed / "history.csv").read_text().splitlines()) == 1 + TRAINING["epochs"]

    status, output = train(workplace, file)
    assert status == 0, output
    assert "Training goes on after epoch" in output
    assert (whole / "model.keras").stat().st_mtime_ns == finished
    for name in FILES:
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
        assert (changed / name).read_bytes() != (whole / name).read_bytes()
    assert not (cut / "checkpoint").exists()
    assert not (changed / "checkpoint").exists()
