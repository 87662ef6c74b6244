"""What Snakemake plans: complete, fast enough to read, and neither more nor less than what a change asks for."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml

from murmur.audit.snakemake_plan import plan
from murmur.csv_tables import read_csv
from murmur.data.mouse_file import write_cine
from workplace import ROOT, Workplace, planned_jobs

STUDY_OF_130 = {
    "study": "large",
    "cohorts": {
        "internal": {
            "source": {"phantom": {"mice": 130}},
            "split": {"train": 90, "validation": 15, "test": 25},
        }
    },
    "readers": {name: {"train_on": "internal", "mice": "all"} for name in ("first", "second", "third")},
}


@pytest.fixture(scope="module")
def plan_of_default_study(tmp_path_factory) -> str:
    """The output of a dry run of the default study, in an empty folder."""
    return Workplace(tmp_path_factory.mktemp("default")).snakemake("--dry-run").output


def test_a_loaded_snakemake_prints_what_a_started_one_prints(workplace, plan_of_default_study):
    assert workplace.snakemake("--dry-run", loaded=False).output == plan_of_default_study


def test_default_study_is_planned_whole(plan_of_default_study):
    planned = planned_jobs(plan_of_default_study)
    assert planned["train_network"] == 1
    assert planned["segment_mouse"] == 32
    assert planned["tabulate_agreement"] == planned["plot_cases"] == planned["render_movies"] == 2


def test_cohort_without_a_reference_is_planned_without_agreement(workplace):
    """Mice are segmented, measured, shown and compared; what needs a reference is left out."""
    images = np.random.default_rng(0).integers(0, 999, (64, 64, 3, 4)).astype(np.uint16)
    for number in range(1, 7):
        write_cine(workplace.folder / "mice" / f"M{number}.h5", images + number)
    people = [f"M{number}\t{('sham', 'TAC')[number % 2]}" for number in range(1, 7)]
    (workplace.folder / "participants.tsv").write_text("\n".join(["mouse\tgroup", *people]) + "\n")
    study = {
        "study": "own",
        "cohorts": {"mine": {"source": {"folder": "mice"}, "participants": "participants.tsv"}},
        "readers": {"murmur": {"weights": "murmur"}, "second": {"weights": "murmur"}},
        "comparison": {"treatment": {"values": "murmur", "control": "sham"}},
    }
    run = workplace.snakemake("--dry-run", study=workplace.write(study))
    assert run.status == 0, run.output
    planned = planned_jobs(run.output)
    assert planned["plot_animal"] == 12
    assert planned["collect_animals"] == planned["render_movies_by_EF"] == planned["plot_cases"] == 2
    assert planned["compare_values"] == planned["plot_bullseye"] == 1
    assert "plot_volume_curves" not in planned, "four frames are too few for a curve"
    needing = {"measure_agreement", "measure_overlap", "compare_overlap", "compare_groups", "estimate_sample_size"}
    needing |= {"tabulate_agreement", "tabulate_overlap", "tabulate_groups", "write_results", "compare_readers"}
    needing |= {"render_movies", "plot_agreement", "plot_overlap", "plot_groups", "plot_readers"}
    assert not needing & set(planned)


def test_measurements_without_a_reference_are_compared_between_groups(workplace):
    rng = np.random.default_rng(0)
    rows = [f"M{n},EF,%,{50 + 10 * (n % 2) + rng.normal():.2f}" for n in range(1, 11)]
    (workplace.folder / "numbers.csv").write_text("\n".join(["mouse,metric,unit,other", *rows]) + "\n")
    people = [f"M{n}\t{('TAC', 'sham')[n % 2]}" for n in range(1, 11)]
    (workplace.folder / "participants.tsv").write_text("\n".join(["mouse\tgroup", *people]) + "\n")
    study = {
        "study": "numbers",
        "cohorts": {"table": {"source": {"measurements": "numbers.csv"}, "participants": "participants.tsv"}},
        "comparison": {"treatment": {"control": "sham"}},
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 0, run.output[-5000:]
    results = workplace.results("numbers")
    (difference,) = read_csv(results / "comparisons/treatment/differences.csv").to_dict("records")
    assert (difference["group_a"], difference["group_b"]) == ("sham", "TAC")
    assert difference["difference"] == pytest.approx(-10, abs=2)
    assert difference["p_adjusted"] < 0.05
    assert not (results / "statistics").exists()
    assert "reference" not in (results / "tables" / "methods.md").read_text().split("## Statistical")[0]


def test_study_of_130_mice_and_three_readers_is_planned(workplace):
    run = workplace.snakemake("--dry-run", study=workplace.write(STUDY_OF_130))
    assert run.status == 0, run.output
    planned = planned_jobs(run.output)
    assert planned["segment_mouse"] == 390
    by_mouse = planned["segment_mouse"] + planned["plot_animal"]
    assert sum(planned.values()) - by_mouse < 140, "what is cheap is done per cohort"


def test_study_file_that_cannot_be_used_stops_with_sentences(workplace):
    study = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())
    study["cohorts"]["internal"]["split"]["vaildation"] = study["cohorts"]["internal"]["split"].pop("validation")
    study["readers"]["unet3plus"]["training"]["epochs"] = "20"
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 1
    assert "cohorts.internal.split.vaildation: found an unknown key" in run.output
    assert "did you mean 'validation'?" in run.output
    assert 'readers.unet3plus.training.epochs: found "20", expected a whole number' in run.output
    assert "Traceback" not in run.output
    assert not workplace.results("demo").exists()


def test_mouse_in_two_sets_stops_before_any_job(workplace):
    (workplace.folder / "split.csv").write_text("mouse,split\nMouse1,train\nMouse2,validation\nMouse1,test\n")
    study = {
        "study": "twice",
        "cohorts": {"a": {"source": {"phantom": {"mice": 2}}, "split": {"file": "split.csv"}}},
        "readers": {"net": {"train_on": "a"}},
    }
    run = workplace.snakemake(study=workplace.write(study))
    assert run.status == 1
    assert "split.csv: found Mouse1 in both train and test, expected one set" in run.output
    assert not workplace.results("twice").exists()


def test_study_stands_alone(workplace):
    """Nothing of the default study leaks into another one."""
    study = {"study": "alone", "cohorts": {"mine": {"source": {"phantom": {"mice": 2}}}}}
    output = workplace.snakemake("--dry-run", study=workplace.write(study)).output
    assert planned_jobs(output)["check_cohort"] == 1
    assert "train_network" not in output
    assert "results/demo" not in output


@pytest.mark.parametrize(
    ("stage", "rules", "others"),
    [
        ("mice", {"check_cohort", "draw_split"}, {"collect_slices", "segment_mouse"}),
        ("networks", {"train_network"}, {"segment_mouse", "draw_network"}),
        ("segmentations", {"segment_mouse"}, {"measure_volumes"}),
        ("measurements", {"measure_function", "measure_overlap"}, {"measure_agreement"}),
        ("statistics", {"measure_agreement", "compare_cohorts"}, {"tabulate_agreement", "plot_agreement"}),
        ("tables", {"tabulate_overlap", "write_results"}, {"plot_agreement", "write_methods"}),
        ("figures", {"plot_cases", "plot_cohorts", "render_movies"}, {"tabulate_agreement", "write_results"}),
        ("networks_side_by_side", {"compare_cohorts", "plot_cohorts"}, {"plot_cases", "measure_agreement"}),
        ("provenance", {"write_methods", "list_records", "plot_cases"}, {"crate"}),
        ("crate", {"crate", "list_records"}, {"audit_paper"}),
        ("export", {"export_masks", "export_flagged", "segment_mouse"}, {"measure_agreement"}),
    ],
)
def test_each_stage_can_be_asked_for_by_name(workplace, stage, rules, others):
    run = workplace.snakemake("--dry-run", "--", stage)
    assert run.status == 0, run.output
    planned = set(planned_jobs(run.output))
    assert rules <= planned
    assert not others & planned


def test_images_that_a_job_opens_are_its_inputs(tmp_path):
    """A generated mouse that was removed is made again, whatever asks for it."""
    asked = plan(ROOT, tmp_path, [ROOT / "config" / "demo.yaml"])
    assert asked.problem == ""
    of_cohort = [job for job in asked.jobs if any("/external_7T/" in path for path in job["outputs"])]
    mice = {path for job in of_cohort for path in job["outputs"] if "/external_7T/mice/" in path}
    opened = {job["rule"] for job in of_cohort if mice <= set(job["inputs"])}
    reading = {
        "check_cohort",
        "check_plausibility",
        "measure_volumes",
        "measure_wall",
        "measure_overlap",
        "find_signs",
        "plot_cases",
        "plot_review",
        "render_movies",
    }
    assert opened == reading


def test_networks_are_selected_before_they_segment(tmp_path):
    asked = plan(ROOT, tmp_path, [ROOT / "config" / "networks.yaml"])
    assert asked.problem == ""
    segmenting = [job for job in asked.jobs if job["rule"] == "segment_mouse"]
    early = [job for job in segmenting if "results/networks/readers/selected/selection.csv" not in job["inputs"]]
    assert len(segmenting) == 11 * 12
    assert len(early) == 12 and all("/selected/" in job["outputs"][0] for job in early)


def test_names_that_look_like_numbers_stay_names(workplace):
    """Readers 01 and 1 are two readers, and phenotypes 0 and 1 are compared."""
    (workplace.folder / "table.csv").write_text("mouse,metric,unit,reference,01,1\n1,EF,%,60,61,62\n02,EF,%,50,51,52\n")
    (workplace.folder / "people.tsv").write_text("mouse\tphenotype\n1\t0\n02\t1\n")
    cohort = {"source": {"measurements": "table.csv"}, "participants": "people.tsv"}
    study = {"study": "digits", "cohorts": {"0": cohort}, "statistics": {"observers": ["01"]}}
    run = workplace.snakemake("--dry-run", study=workplace.write(study))
    assert run.status == 0, run.output
    planned = planned_jobs(run.output)
    assert (planned["plot_groups"], planned["import_measurements"]) == (2, 3)  # the reference as well
    summary = workplace.snakemake("--summary", study="digits.yaml").output
    for reader in ("01", "1"):
        assert f"results/digits/figures/0/{reader}/figure_6_groups.pdf" in summary


AGAIN = {"write_methods", "list_records"}  # what takes in all that the study makes
NUMBERS = {"study": "numbers", "cohorts": {"paper": {"source": {"measurements": "figure3.csv"}}}}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study that has run from a copy of the project, in which files may be changed, and its files before the run."""
    folder = tmp_path_factory.mktemp("finished")
    copy, work = folder / "checkout", folder / "work"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "results", ".snakemake", "tests", ".*_cache")
    )
    work.mkdir()
    shutil.copy(ROOT / "config" / "published" / "figure3.csv", work)
    before, place = sorted(copy.rglob("*")), Workplace(work, copy)
    assert place.snakemake(study=place.write(NUMBERS)).status == 0
    return place, before


def test_checkout_is_never_written_into(finished):
    place, before = finished
    assert sorted(place.checkout.rglob("*")) == before


def test_change_of_a_module_reruns_what_imports_it(finished):
    (checkout, _), study = finished, "numbers.yaml"
    assert "Nothing to be done" in checkout.snakemake(study=study).output

    (checkout.checkout / "README.md").write_text("changed\n")
    assert "Nothing to be done" in checkout.snakemake("--dry-run", study=study).output
    with open(checkout.checkout / "scripts" / "murmur" / "presentation" / "printed_table.py", "a") as file:
        file.write("CHANGED = True\n")
    assert set(planned_jobs(checkout.snakemake("--dry-run", study=study).output)) == {"tabulate_agreement", *AGAIN}
    with open(checkout.checkout / "scripts" / "plot_agreement.py", "a") as file:
        file.write("CHANGED = True\n")
    planned = set(planned_jobs(checkout.snakemake("--dry-run", study=study).output))
    assert planned == {"tabulate_agreement", "plot_agreement", *AGAIN}


def test_jobs_import_the_modules_of_their_own_checkout(finished):
    """The environment of the tests knows the modules of the checkout that is tested, not those of its copy."""
    checkout, _ = finished
    with open(checkout.checkout / "scripts" / "murmur" / "presentation" / "printed_table.py", "a") as file:
        file.write("raise ImportError('the module of the copy')\n")
    run = checkout.snakemake(study="numbers.yaml")
    assert run.status == 1 and "the module of the copy" in run.output


@pytest.mark.parametrize("name", ["default", "local", "slurm"])
def test_every_profile_limits_the_downloads(workplace, name):
    profile = ROOT / "profiles" / name
    assert yaml.safe_load((profile / "profile.yaml").read_text())["resources"]["downloads"] == 8
    run = workplace.snakemake("--dry-run", "--workflow-profile", str(profile))
    assert run.status == 0, run.output


def test_local_profile_is_found_from_elsewhere(plan_of_default_study):
    assert "profiles/default" in plan_of_default_study


def test_rule_graph_of_the_readme_is_the_workflow(workplace):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "write_rule_graph.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
