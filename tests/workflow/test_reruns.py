"""After a change exactly the jobs run again that depend on what changed."""

import copy
import fnmatch
import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from workplace import ROOT, SMALL, Workplace, copy_of

TRAINING = ["collect_slices", "train_network", "draw_network", "plot_learning_curve", "plot_learning_curves"]
TRAINING += ["summarise_networks", "tabulate_run_times"]
AFTER_AGREEMENT = ["tabulate_agreement", "plot_agreement", "write_results"]
AFTER_GROUPS = ["tabulate_groups", "plot_groups", "write_results"]
AFTER_READERS = ["compare_readers", "plot_readers", "plot_domains", "tabulate_networks"]
MEASURED = ["measure_volumes", "measure_function", "measure_overlap", "measure_agreement", *AFTER_AGREEMENT]
MEASURED += ["compare_groups", *AFTER_GROUPS, "estimate_sample_size", "correlate_dice_error", "summarise_overlap"]
MEASURED += ["compare_overlap", "model_overlap", "tabulate_overlap"]
MEASURED += ["measure_curve", "measure_wall", "find_signs", "predict_quality", "tabulate_measurements"]
MEASURED += ["plot_overlap", "plot_cases", "render_movies", "plot_time_volume", "plot_review"]
MEASURED += ["count_corrections", "plot_corrections", "check_quality", "plot_quality"]
AFTER_MANIFEST = ["describe_cohort", "check_plausibility", "draw_flow", "draw_split", *MEASURED, *AFTER_READERS]
AFTER_MANIFEST += ["summarise_networks"]
WITH_ALPHA = ["measure_agreement", *AFTER_AGREEMENT, "compare_groups", *AFTER_GROUPS, "compare_overlap", *AFTER_READERS]
WITH_ALPHA += [
    "estimate_sample_size",
    "correlate_dice_error",
    "model_overlap",
    "tabulate_overlap",
    "summarise_networks",
]
AFTER_OVERLAP = ["measure_overlap", "correlate_dice_error", "summarise_overlap", "compare_overlap", "model_overlap"]
AFTER_OVERLAP += ["tabulate_overlap", "plot_overlap", "plot_cases", "plot_time_volume", "render_movies"]
AFTER_OVERLAP += [
    "predict_quality",
    "tabulate_measurements/mice/given",
    "tabulate_measurements/mice/trained",
    "plot_review",
    "count_corrections",
    "plot_corrections",
    "check_quality",
]
AFTER_OVERLAP += ["plot_quality", "write_results", "draw_flow", "summarise_networks", *AFTER_READERS]
WITH_SD = ["measure_agreement", *AFTER_AGREEMENT, "compare_groups", *AFTER_GROUPS, *AFTER_READERS]
WITH_SD += ["summarise_overlap", "tabulate_overlap"]
# What rests on the masks of one reader.
OF_GIVEN = [f"{rule}/mice/given" for rule in MEASURED] + ["draw_flow", "summarise_networks", *AFTER_READERS]
OF_TRAINED = [f"{rule}/mice/trained" for rule in MEASURED] + ["draw_flow", "summarise_networks", *AFTER_READERS]
# What shows them, and how long they took.
SHEETS_OF_GIVEN, SHEETS_OF_TRAINED = (
    [f"plot_animal/mice/{reader}/*", f"collect_animals/mice/{reader}", "tabulate_run_times"]
    for reader in ("given", "trained")
)
AFTER_TRAINING = ["export_network/trained", "segment_mouse/mice/trained/*", *SHEETS_OF_TRAINED, *OF_TRAINED]
SHEETS = ["plot_animal", "collect_animals", "tabulate_run_times"]
MASKS_OF_MOUSE3 = ["segment_mouse/mice/*/Mouse3", "plot_animal/mice/*/Mouse3", *SHEETS[1:]]
LAST = ["write_methods", "list_records"]  # what takes in all results


@pytest.fixture
def place(small, tmp_path):
    """A copy of the small study, finished, and of the checkout, all with their dates."""
    kept_out = shutil.ignore_patterns(".git", ".venv", "results", ".snakemake", ".reproduce", ".*_cache")
    shutil.copytree(ROOT, tmp_path / "checkout", ignore=kept_out)
    folder = copy_of(small, tmp_path / "work").folder
    return Workplace(folder, tmp_path / "checkout")


def jobs_of(place) -> tuple[set[str], set[str]]:
    """Return all jobs of the study, and those that would run, each by its name: RULE/COHORT/READER/MOUSE."""
    done = place.snakemake("--summary", study="small.yaml")
    assert done.status == 0, done.output
    rows = [line.split("\t") for line in done.output.splitlines() if line.startswith("results/")]
    found = [(name_of(*row[:4]), row[5]) for row in rows]
    return {job for job, _ in found}, {job for job, plan in found if plan != "no update"}


def name_of(output: str, _date: str, rule: str, log: str) -> str:
    """Return the name of a job: that of its log, or from its output when it has not run yet."""
    if log == "-":
        return "/".join([rule, *Path(output).with_suffix("").parts[3:]])
    return log.removeprefix("results/small/logs/").removesuffix(".log")


def check(place, expected: list[str]) -> None:
    """Compare what would run with `expected`, names of rules or patterns of jobs, each of which must be met.

    The rules of LAST come with every other.
    """
    everything, planned = jobs_of(place)
    expected = [*expected, *LAST] if expected else []
    met = {pattern: {*fnmatch.filter(everything, pattern)} for pattern in expected}
    for rule in (pattern for pattern in expected if "/" not in pattern):
        met[rule] |= {*fnmatch.filter(everything, f"{rule}/*")}
    assert all(met.values()), f"no job is called {[pattern for pattern, jobs in met.items() if not jobs]}"
    wanted = set().union(*met.values())
    assert planned == wanted, f"too many: {sorted(planned - wanted)}; too few: {sorted(wanted - planned)}"


def append(path: str, words: str = "MORE = 1\n"):
    """A change that adds a line to a file of the checkout."""

    def change(place):
        with open(place.checkout / path, "a", encoding="utf-8") as file:
            file.write(words)

    return change


def setting(*keys, value):
    """A change of one setting of the study file."""

    def change(place):
        study = copy.deepcopy(SMALL)
        section = study
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value
        place.write(study)

    return change


@pytest.mark.parametrize(
    "change, expected",
    [
        pytest.param(append("scripts/plot_overlap.py"), ["plot_overlap"], id="script"),
        pytest.param(
            append("scripts/measure_agreement.py"), ["measure_agreement", *AFTER_AGREEMENT], id="script in the middle"
        ),
        pytest.param(append("scripts/train_network.py"), [*TRAINING, *AFTER_TRAINING], id="training"),
        pytest.param(
            append("scripts/murmur/statistics/sample_size.py"),
            ["estimate_sample_size", "write_results"],
            id="module of one",
        ),
        pytest.param(
            append("scripts/murmur/presentation/style.py"),
            ["plot_*", "collect_animals", "render_movies", "draw_network", "draw_flow"],
            id="module of many",
        ),
        pytest.param(append("scripts/murmur/measurement/overlap.py"), AFTER_OVERLAP, id="formula"),
        pytest.param(
            append("scripts/murmur/data/plausibility.py"),
            ["check_plausibility", "tabulate_measurements"],
            id="limit of a check",
        ),
        pytest.param(
            append("scripts/murmur/measurement/wall.py"), ["measure_wall", "tabulate_measurements"], id="wall"
        ),
    ],
)
def test_code(place, change, expected):
    change(place)
    check(place, expected)


def test_documents_plumbing_comments_and_messages_rerun_nothing(place):
    """All of them changed at once: each would add its own jobs."""
    for path in ("README.md", "report/table_1.rst", "tests/unit/test_csv_tables.py", "config/README.md"):
        append(path)(place)
    for path in ("job", "logs", "errors", "files", "provenance/record", "provenance/stamp"):
        append(f"scripts/murmur/{path}.py")(place)
    for path in ("train_network", "plot_overlap", "murmur/csv_tables", "murmur/network/checkpoint"):
        append(f"scripts/{path}.py", "# changed\nprint('said')\n")(place)
    check(place, [])


@pytest.mark.parametrize(
    "change, expected",
    [
        pytest.param(
            setting("statistics", "alpha", value=0.01),
            WITH_ALPHA,
            id="alpha",
        ),
        pytest.param(
            setting("statistics", "sd_ddof", value=0),
            WITH_SD,
            id="sd_ddof",
        ),
        pytest.param(setting("statistics", "power", value=0.9), ["estimate_sample_size", "write_results"], id="power"),
        pytest.param(
            setting("readers", "trained", "network", "filters", value=[2, 2]),
            [*TRAINING, *AFTER_TRAINING],
            id="filters",
        ),
        pytest.param(
            setting("readers", "trained", "training", "epochs", value=3),
            [*TRAINING, *AFTER_TRAINING],
            id="epochs",
        ),
        pytest.param(
            setting("readers", "given", "postprocess", value="none"),
            ["segment_mouse/mice/given/*", *SHEETS_OF_GIVEN, *OF_GIVEN],
            id="postprocess",
        ),
        pytest.param(
            setting("inference", value={"precision": "bfloat16"}),
            ["segment_mouse", *SHEETS, *OF_TRAINED, *OF_GIVEN],
            id="precision",
        ),
        pytest.param(
            setting("cohorts", "mice", "spacing_mm", value=[0.1, 0.2, 1.0]),
            ["check_cohort", "segment_mouse", *SHEETS, *AFTER_MANIFEST],
            id="spacing_mm",
        ),
        pytest.param(
            setting("cohorts", "mice", "frame_interval_ms", value=10.0),
            ["check_cohort", *AFTER_MANIFEST],
            id="frame_interval_ms",
        ),
    ],
)
def test_setting(place, change, expected):
    change(place)
    check(place, expected)


def backwards(section):
    """Return a section of a study file with its keys in the other order."""
    return {key: backwards(section[key]) for key in reversed(section)} if isinstance(section, dict) else section


def test_order_of_settings_and_participants_does_not_matter(place):
    """That of the readers does; and only the page with the records shows the study file as it is written."""
    readers = {name: backwards(reader) for name, reader in SMALL["readers"].items()}
    study = yaml.safe_dump(backwards(SMALL) | {"readers": readers}, sort_keys=False)
    (place.folder / "small.yaml").write_text(f"# changed\n{study}")
    header, *rows = (place.folder / "participants.tsv").read_text().splitlines()
    (place.folder / "participants.tsv").write_text("\n".join([header, *reversed(rows)]) + "\n")
    _, planned = jobs_of(place)
    assert planned == {"list_records"}


def relabel(place, mouse):
    """Change one voxel of the masks of a mouse."""
    with h5py.File(place.folder / "mice" / f"{mouse}.h5", "r+") as file:
        file["Masks"][30, 30, 1, 0] = 1


def test_content_of_a_test_mouse_does_not_concern_the_networks(place):
    relabel(place, "Mouse3")
    check(place, ["check_cohort", *MASKS_OF_MOUSE3, *AFTER_MANIFEST])


def test_content_of_a_training_mouse_reaches_its_network(place):
    relabel(place, "Mouse4")
    segmented = ["export_network/trained", "segment_mouse/mice/trained/*", *SHEETS_OF_TRAINED]
    check(place, ["check_cohort", *TRAINING, *segmented, *AFTER_MANIFEST])


def test_content_that_is_older_than_the_results_counts_too(place):
    """As when a file comes from elsewhere with its date."""
    relabel(place, "Mouse3")
    os.utime(place.folder / "mice" / "Mouse3.h5", (1e9, 1e9))
    os.utime(place.checkout / "scripts" / "plot_overlap.py", (1e9, 1e9))
    check(place, ["check_cohort", *MASKS_OF_MOUSE3, *AFTER_MANIFEST])


def test_weights_concern_their_reader_alone(place):
    with open(place.folder / "given.keras", "ab") as file:
        file.write(b"\0")
    check(place, ["export_network/given", "segment_mouse/mice/given/*", *SHEETS_OF_GIVEN, *OF_GIVEN])


def test_dates_alone_rerun_nothing(place):
    for path in (*place.folder.glob("mice/*.h5"), place.folder / "given.keras", place.folder / "participants.tsv"):
        os.utime(path)
    for path in place.checkout.rglob("*.*"):
        os.utime(path)
    check(place, [])


SPLIT = "mouse,split\nMouse1,validation\nMouse2,test\nMouse3,test\nMouse4,train\nMouse5,train\nMouse6,test\n"


def write_split(place, content):
    """Let the study take its split from a file; that of SPLIT is the one that SMALL draws."""
    (place.folder / "split.csv").write_text(content)
    setting("cohorts", "mice", "split", value={"file": "split.csv"})(place)


def test_split_is_checked_before_the_network_is_measured(place):
    """It is the same split, now from a file."""
    write_split(place, SPLIT)
    check(place, ["draw_split", "write_results", *OF_TRAINED])


def test_another_split(place):
    write_split(place, SPLIT.replace("Mouse3,test", "Mouse3,validation").replace("Mouse1,validation", "Mouse1,test"))
    of_given = ["segment_mouse/mice/given/Mouse1", "plot_animal/mice/given/*Mouse1", "collect_animals/mice/given"]
    check(place, ["draw_split", *TRAINING, *AFTER_TRAINING, *of_given, *OF_GIVEN])


def test_phenotype(place):
    write_split(place, SPLIT)
    table = place.folder / "participants.tsv"
    table.write_text(table.read_text().replace("Mouse1\tinfarct", "Mouse1\tdilated"))
    check(place, ["describe_participants", *AFTER_MANIFEST])


def test_new_mouse(place):
    shutil.copy(place.folder / "mice" / "Mouse3.h5", place.folder / "mice" / "Mouse7.h5")
    with h5py.File(place.folder / "mice" / "Mouse7.h5", "r+") as file:
        file["Images"][0, 0, 0, 0] = np.uint16(9)
    write_split(place, SPLIT + "Mouse7,test\n")
    shown = ["plot_animal/mice/*/Mouse7", *SHEETS[1:]]
    check(place, ["check_cohort", "describe_participants", "segment_mouse/mice/*/Mouse7", *shown, *AFTER_MANIFEST])


def test_mouse_that_is_gone(place):
    (place.folder / "mice" / "Mouse3.h5").unlink()
    table = place.folder / "participants.tsv"
    table.write_text(table.read_text().replace("Mouse3\tinfarct\n", ""))
    write_split(place, SPLIT.replace("Mouse3,test\n", ""))
    check(place, ["check_cohort", "describe_participants", *SHEETS[1:], *AFTER_MANIFEST])


def test_mouse_that_became_invalid_costs_neither_manifest_nor_success(place):
    """Its header is valid, so that only check_cohort finds the label; the same command fails again."""
    mouse, manifest = (place.folder / path for path in ("mice/Mouse3.h5", "results/small/cohorts/mice/manifest.csv"))
    good, before = mouse.read_bytes(), manifest.read_bytes()
    with h5py.File(mouse, "a") as file:
        file["Masks"][0, 0, 0, 0] = 7
    for _ in range(2):
        run = place.snakemake("--until", "check_cohort", "--", "measurements", study="small.yaml")
        assert run.status == 1
        assert "mice/Mouse3.h5: found the labels 7" in run.output
        assert manifest.read_bytes() == before
    mouse.write_bytes(good)
    assert place.snakemake("--", "mice", study="small.yaml").status == 0
    assert manifest.read_bytes() == before


def test_results_that_are_gone(place):
    (place.folder / "results" / "small" / "figures" / "mice" / "given" / "figure_5_overlap.svg").unlink()
    check(place, ["plot_overlap/mice/given"])
