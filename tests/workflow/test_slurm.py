"""Studies on a real SLURM cluster of one node, by the profile for clusters: SLURM's own records, and the results."""

import importlib.util
import re
import threading
import time

import cluster as slurm
import pytest
import yaml
from conftest import ROOT, SMALL, Workplace, copy_of, write_small_study
from test_resume import epochs_kept

MODEL = "results/small/readers/trained/model.keras"
RESULTS = {".csv", ".pdf", ".svg", ".png", ".gif", ".html", ".tex", ".docx", ".md", ".h5", ".keras"}
TIMEOUT = 1200


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A running cluster, and the environment of its users."""
    reason = slurm.missing()
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        reason = "Snakemake's plugin for SLURM is not installed; call: make slurm"
    if reason:
        pytest.skip(reason)
    with slurm.Cluster(tmp_path_factory.mktemp("cluster")) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running


def read_profile(name: str) -> dict:
    return yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text())


def write_profile(place: Workplace, **training) -> str:
    """Write the cluster's profile as a user edits it: for small jobs and, by `training`, what the training asks for."""
    profile = read_profile("slurm")
    profile |= {"slurm-init-seconds-before-status-checks": 6, "latency-wait": 10}
    del profile["set-resources"]["train_network"]["gpu"]
    profile["set-resources"]["train_network"] |= training
    folder = place.folder / "profile"
    folder.mkdir(exist_ok=True)
    (folder / "profile.yaml").write_text(yaml.safe_dump(profile))
    return f"--workflow-profile={folder}"


def submitted_since(cluster, number: int) -> tuple[list[dict], list[dict]]:
    """Return the records of the jobs after the first `number`: those that trained, and the others."""
    jobs = cluster.jobs()[number:]
    training = [job for job in jobs if job["Comment"].startswith("rule_train_network")]
    return training, [job for job in jobs if job not in training]


def gpus(job: dict) -> list[str]:
    """Return what a job asked for beyond cores and memory."""
    return [job[key] for key in ("TresPerJob", "TresPerNode", "TresPerTask", "TresPerSocket") if key in job]


@pytest.mark.parametrize("name", ["local", "slurm"])
def test_profile_keeps_what_the_default_one_says(name):
    assert read_profile("default").items() <= read_profile(name).items()


def test_profile_names_rules_and_groups_that_are_there():
    profile = read_profile("slurm")
    rules = re.findall(r"^rule (\w+):", "".join(path.read_text() for path in ROOT.glob("rules/*.smk")), re.MULTILINE)
    assert {*profile["groups"], *profile["set-resources"]} <= set(rules)
    assert set(profile["group-components"]) <= set(profile["groups"].values())


def test_small_study_runs_as_it_does_locally(cluster, small, workplace):
    """The GPU, which computes nothing, is asked for by `gres`; the training first gets too little memory."""
    before = len(cluster.jobs())
    profile = write_profile(workplace, gres="gpu:1", mem_mb="600 * attempt")
    run = workplace.snakemake(profile, study=write_small_study(workplace), timeout=TIMEOUT)
    assert run.status == 0, run.output[-5000:]

    training, others = submitted_since(cluster, before)
    assert [job["JobState"] for job in training] == ["FAILED", "COMPLETED"]
    assert [job["MinMemoryNode"] for job in training] == ["600M", "1200M"]
    assert {job["Partition"] for job in training} == {"gpu"}
    assert [gpus(job) for job in training] == [["gres:gpu:1"]] * 2
    assert {job["JobState"] for job in others} == {"COMPLETED"}
    assert {job["Partition"] for job in others} == {"cpu"}
    assert [gpus(job) for job in others] == [[]] * len(others)
    segmenting = [job for job in others if "segment_mouse" in job["Comment"]]
    names = [f"rule_segment_mice_{reader}_segment_mouse" for reader in ("given", "trained")]
    assert sorted(job["Comment"] for job in segmenting) == names
    for job in segmenting:  # three mice, one after the other
        assert (job["NumCPUs"], job["MinMemoryNode"], job["TimeLimit"]) == ("1", "2000M", "01:30:00")
    assert len(others) <= 16, "short jobs share submissions"

    here, there = workplace.results("small"), small.results("small")
    made = {path.relative_to(there) for path in there.rglob("*") if path.suffix in RESULTS}
    assert made == {path.relative_to(here) for path in here.rglob("*") if path.suffix in RESULTS}
    assert not [str(path) for path in sorted(made) if (here / path).read_bytes() != (there / path).read_bytes()]
    logs = "logs/segment_mouse/mice"
    assert sorted((there / logs).rglob("*.log")), "each mouse keeps its log"
    for path in (there / logs).rglob("*.log"):
        assert (here / path.relative_to(there)).exists()
    assert "Nothing to be done" in workplace.snakemake(profile, study="small.yaml", timeout=TIMEOUT).output


def cancel_training(cluster, reader, before: int) -> None:
    """Cancel the training once, as soon as some epochs are done."""
    deadline = time.monotonic() + TIMEOUT
    while epochs_kept(reader) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    training, _ = submitted_since(cluster, before)
    cluster.call("scancel", training[-1]["JobId"])


def test_training_fails_without_its_gpu_and_goes_on_when_cancelled(cluster, small, tmp_path):
    study = {**SMALL, "readers": {"trained": {**SMALL["readers"]["trained"]}}}
    study["readers"]["trained"]["training"] = {"epochs": 60, "patience": 60, "batch_size": 4}
    place, whole = copy_of(small, tmp_path / "cut"), copy_of(small, tmp_path / "whole")
    for each in (place, whole):
        each.write(study)
    reader = place.results("small") / "readers" / "trained"

    before = len(cluster.jobs())
    run = place.snakemake(write_profile(place, gpu=1), "--retries=1", "--", MODEL, study="small.yaml", timeout=TIMEOUT)
    assert run.status == 1, run.output[-5000:]
    assert "Training was given 1 GPU, and tensorflow sees 0" in run.output
    assert "CUDA_VISIBLE_DEVICES is '0'" in run.output, "SLURM gave the job its GPU"
    training, others = submitted_since(cluster, before)
    assert [(job["JobState"], job["Partition"]) for job in training] == [("FAILED", "gpu")] * 2
    assert [gpus(job) for job in training] == [["gres:gpu:1"]] * 2
    first, second = (int(job["MinMemoryNode"].removesuffix("M")) for job in training)
    assert second == pytest.approx(2 * first, abs=1)
    assert [gpus(job) for job in others] == [[]] * len(others)
    for log in ("results/small/logs/train_network/trained.log", "results/slurm_logs/rule_train_network/trained"):
        assert log in run.output
        assert (place.folder / log).exists()

    before = len(cluster.jobs())
    canceller = threading.Thread(target=cancel_training, args=(cluster, reader, before), daemon=True)
    canceller.start()
    run = place.snakemake(write_profile(place, gres="gpu:1"), "--", MODEL, study="small.yaml", timeout=TIMEOUT)
    canceller.join(10)
    assert run.status == 0, run.output[-5000:]
    training, _ = submitted_since(cluster, before)
    assert [job["JobState"] for job in training] == ["CANCELLED", "COMPLETED"]
    log = (place.results("small") / "logs" / "train_network" / "trained.log").read_text()
    assert "Training goes on after epoch" in log

    run = whole.snakemake("--", MODEL, study="small.yaml", timeout=TIMEOUT)
    assert run.status == 0, run.output[-5000:]
    for name in ("history.csv", "model.keras"):
        assert (reader / name).read_bytes() == (whole.results("small") / "readers" / "trained" / name).read_bytes()
