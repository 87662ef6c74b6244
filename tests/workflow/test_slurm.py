"""Studies on a real SLURM cluster of one node, by the profile for clusters: SLURM's own records, and the results."""

import importlib.util
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cluster as slurm
import pytest
import yaml
from test_resume import epochs_kept

from workplace import ROOT, SMALL, Run, Workplace, copy_of, write_small_study

STUDY = SMALL | {"readers": {"trained": SMALL["readers"]["trained"]}}
LONGER = STUDY | {
    "readers": {"trained": STUDY["readers"]["trained"] | {"training": {"epochs": 60, "patience": 60, "batch_size": 4}}}
}
READER = "results/small/readers/trained"
MODEL = f"{READER}/model.keras"
RESULTS = {".csv", ".pdf", ".svg", ".png", ".gif", ".html", ".tex", ".docx", ".md", ".h5", ".keras"}
TIMEOUT = 2400


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
    profile |= {"slurm-init-seconds-before-status-checks": 1, "latency-wait": 10}
    del profile["set-resources"]["train_network"]["gpu"]
    profile["set-resources"]["train_network"] |= training
    folder = place.folder / "profile"
    folder.mkdir(exist_ok=True)
    (folder / "profile.yaml").write_text(yaml.safe_dump(profile))
    return f"--workflow-profile={folder}"


def submitted_from(cluster, place: Workplace) -> tuple[list[dict], list[dict]]:
    """Return SLURM's records of the jobs of a working directory: those that trained, and the others."""
    jobs = [job for job in cluster.jobs() if job["WorkDir"] == str(place.folder)]
    training = [job for job in jobs if job["Comment"].startswith("rule_train_network")]
    return training, [job for job in jobs if job not in training]


def gpus(job: dict) -> list[str]:
    """Return what a job asked for beyond cores and memory."""
    return [job[key] for key in ("TresPerJob", "TresPerNode", "TresPerTask", "TresPerSocket") if key in job]


def cancel_training(cluster, place: Workplace) -> None:
    """Cancel the training once, as soon as some epochs are done."""
    deadline = time.monotonic() + TIMEOUT
    while epochs_kept(place.folder / READER) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    training, _ = submitted_from(cluster, place)
    cluster.call("scancel", training[-1]["JobId"])


def run_small(cluster, place: Workplace) -> list[Run]:
    """Run a small study. The GPU, which computes nothing, is asked for by `gres`; the first memory is too little."""
    write_small_study(place)
    profile = write_profile(place, gres="gpu:1", mem_mb="600 * attempt")
    return [place.snakemake(profile, study=place.write(STUDY), loaded=False) for _ in range(2)]


def run_cut(cluster, place: Workplace) -> list[Run]:
    """Train on a GPU that is not there, then without one, cancelled after some epochs."""
    study = place.write(LONGER)
    runs = [place.snakemake(write_profile(place, gpu=1), "--retries=0", "--", MODEL, study=study, loaded=False)]
    canceller = threading.Thread(target=cancel_training, args=(cluster, place), daemon=True)
    canceller.start()
    runs += [place.snakemake(write_profile(place, gres="gpu:1"), "--", MODEL, study=study, loaded=False)]
    canceller.join(10)
    return runs


@pytest.fixture(scope="module")
def runs(cluster, small, tmp_path_factory):
    """Working directories and calls of Snakemake of two studies; they run at once, because they mostly wait."""
    places = [Workplace(tmp_path_factory.mktemp("whole")), copy_of(small, tmp_path_factory.mktemp("cut"))]
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(run, cluster, place) for run, place in zip((run_small, run_cut), places, strict=True)]
    return list(zip(places, calls, strict=True))


@pytest.mark.parametrize("name", ["local", "slurm"])
def test_profile_keeps_what_the_default_one_says(name):
    default, profile = read_profile("default"), read_profile(name)
    assert default.pop("resources").items() <= profile["resources"].items()
    assert default.items() <= profile.items()


def rules() -> dict[str, str]:
    """Return the text of each rule that runs a script, by the name of the script, or by its own if it uses another."""
    text = "".join(path.read_text() for path in ROOT.glob("rules/*.smk"))
    texts = re.split(r"^ *(?=rule\b|use rule\b)", text, flags=re.MULTILINE)[1:]
    named = [(re.search(r'^use rule \w+ as (\w+)|scripts/(\w+)\.py"', rule), rule) for rule in texts]
    return {name[1] or name[2]: rule for name, rule in named if name}


def test_every_rule_shares_submissions_unless_it_is_long_or_local():
    long = {"generate_phantom", "collect_slices", "train_network", "import_masks"}
    local = {name for name, text in rules().items() if "localrule:" in text}
    assert set(read_profile("slurm")["groups"]) == set(rules()) - long - local


def test_profile_names_rules_and_groups_that_are_there():
    profile = read_profile("slurm")
    assert set(profile["set-resources"]) <= set(rules())
    assert set(profile["group-components"]) <= set(profile["groups"].values())


def test_small_study_runs_as_it_does_locally(cluster, small, runs):
    place, calls = runs[0]
    run, again = calls.result()
    assert run.status == 0, run.output[-5000:]
    assert "Nothing to be done" in again.output

    training, others = submitted_from(cluster, place)
    assert [job["JobState"] for job in training] == ["FAILED", "COMPLETED"]
    assert [job["MinMemoryNode"] for job in training] == ["600M", "1200M"]
    assert {job["Partition"] for job in training} == {"gpu"}
    assert [gpus(job) for job in training] == [["gres:gpu:1"]] * 2
    assert {job["JobState"] for job in others} == {"COMPLETED"}
    assert {job["Partition"] for job in others} == {"cpu"}
    assert [gpus(job) for job in others] == [[]] * len(others)
    assert len(others) <= 12, "short jobs share submissions"
    (segmenting,) = (job for job in others if "segment_mouse" in job["Comment"])  # three mice, one after the other
    asked = [segmenting[key] for key in ("NumCPUs", "MinMemoryNode", "TimeLimit")]
    assert asked == ["1", "2000M", "01:30:00"]

    here, there = place.results("small"), small.results("small")
    made = {path.relative_to(here) for path in here.rglob("*") if path.suffix in RESULTS}
    # What tells of the whole study differs, because this one has one reader.
    made = sorted(path for path in made if path.parts[0] != "provenance" and path.stem not in ("methods", "flow"))
    assert {path.parts[0] for path in made} >= {"cohorts", "segmentations", "measurements", "statistics"}
    assert [str(path) for path in made if (here / path).read_bytes() != (there / path).read_bytes()] == []
    for printed in ("tables", "figures"):
        pair = f"{printed}/mice/trained"
        assert {path.name for path in (here / pair).iterdir()} == {path.name for path in (there / pair).iterdir()}
    assert len(list((here / "logs" / "segment_mouse" / "mice" / "trained").glob("*.log"))) == 3


def test_training_fails_without_its_gpu_and_goes_on_when_cancelled(cluster, small, runs, tmp_path):
    place, calls = runs[1]
    run, resumed_run = calls.result()
    assert run.status == 1, run.output[-5000:]
    assert "The job was given 1 GPU, and TensorFlow sees 0" in run.output
    assert "CUDA_VISIBLE_DEVICES is '0'" in run.output, "SLURM gave the job its GPU"
    (failed, cancelled, resumed), others = submitted_from(cluster, place)
    assert (failed["JobState"], failed["Partition"], gpus(failed)) == ("FAILED", "gpu", ["gres:gpu:1"])
    assert [gpus(job) for job in others] == [[]] * len(others)
    for log in ("results/small/logs/train_network/trained.log", "results/slurm_logs/rule_train_network/trained"):
        assert log in run.output
        assert (place.folder / log).exists()

    assert resumed_run.status == 0, resumed_run.output[-5000:]
    assert (cancelled["JobState"], resumed["JobState"]) == ("CANCELLED", "COMPLETED")
    first, second = (int(job["MinMemoryNode"].removesuffix("M")) for job in (cancelled, resumed))
    assert second == pytest.approx(2 * first, abs=1)
    log = (place.folder / "results" / "small" / "logs" / "train_network" / "trained.log").read_text()
    assert "Training resumes after epoch" in log

    whole = copy_of(small, tmp_path)
    run = whole.snakemake("--", MODEL, study=whole.write(LONGER))
    assert run.status == 0, run.output[-5000:]
    for name in ("history.csv", "model.keras"):
        assert (place.folder / READER / name).read_bytes() == (whole.folder / READER / name).read_bytes()
