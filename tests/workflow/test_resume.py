"""A training that is killed goes on where it was, and ends as if it had not been."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import psutil

NETWORK = {"filters": [2, 2, 2, 2, 2], "size": 64, "downsample": 4}
TRAINING = {"epochs": 6, "batch_size": 8}
KILLED_BY = {"killed": signal.SIGKILL, "terminated": signal.SIGTERM, "changed": signal.SIGKILL}
READERS = ["whole", *KILLED_BY]
FILES = ("model.keras", "history.csv", "training.json")


def study(**seeds):
    return {
        "study": "cut",
        "cohorts": {
            "internal": {"source": {"phantom": {"mice": 6}}, "split": {"train": 2, "validation": 2, "test": 2}}
        },
        "readers": {
            name: {"train_on": "internal", "network": NETWORK, "training": TRAINING | {"seed": seeds.get(name, 42)}}
            for name in READERS
        },
    }


def epochs_kept(folder):
    """Number of epochs that the checkpoint of a reader holds."""
    try:
        with np.load(folder / "checkpoint" / "state.npz") as file:
            return len(json.loads(str(file["text"]))["history"])
    except FileNotFoundError:
        return 0


def kill_half_way(run, folder, by):
    """Send a signal to the training of a reader after its second epoch."""
    while epochs_kept(folder) < 2:
        assert run.poll() is None, run.stdout.read()
        time.sleep(0.05)
    for process in psutil.Process(run.pid).children(recursive=True):
        if "train_network" in " ".join(process.cmdline()) and "python" in process.name():
            process.send_signal(by)
    assert 2 <= epochs_kept(folder) < TRAINING["epochs"]


def test_a_killed_training_goes_on(workplace):
    """Of four trainings, three are killed half-way; then the same command is given again, one setting changed."""
    readers = workplace.results("cut") / "readers"
    models = [f"results/cut/readers/{name}/model.keras" for name in READERS]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(workplace.checkout / "Snakefile"), "--cores", "2"]
    command += [*models, "--configfile", workplace.write(study())]
    with subprocess.Popen(
        command, cwd=workplace.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        waiting = dict(KILLED_BY)
        while waiting:
            assert run.poll() is None, run.stdout.read()
            for name in [name for name in waiting if epochs_kept(readers / name)]:
                kill_half_way(run, readers / name, waiting.pop(name))
            time.sleep(0.05)
        output, _ = run.communicate()
    assert run.returncode == 1, output
    for name in KILLED_BY:
        assert not (readers / name / "model.keras").exists()
        assert (readers / name / "slices.h5").exists()

    again = workplace.snakemake("--", *models, study=workplace.write(study(changed=43)))
    assert again.status == 0, again.output[-5000:]
    for name in KILLED_BY:
        assert not (readers / name / "checkpoint").exists()
        same = [(readers / name / f).read_bytes() == (readers / "whole" / f).read_bytes() for f in FILES]
        assert same == [name != "changed"] * len(FILES)
    assert again.output.count("Training goes on after epoch") == 2
    assert again.output.count("belongs to another training (training.seed changed)") == 1
    epochs = [line.split(",")[0] for line in (readers / "changed" / "history.csv").read_text().splitlines()]
    assert epochs == ["epoch", *map(str, range(1, TRAINING["epochs"] + 1))]
