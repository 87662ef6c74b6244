"""The package for the journal, of a whole study, and the public validator's word on it."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import rocrate

from workplace import ROOT, SMALL, copy_of, planned_jobs

VALIDATOR = ROOT / ".venv" / "crate"  # apart from the other packages, see envs/requirements-crate.in
CONTEXT = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
STUDY = f"{SMALL['study']}.yaml"
SHEETS = "/animals/"  # the sheets of single scans, which have no caption


@pytest.fixture(scope="module")
def place(small, tmp_path_factory):
    """A working directory with the small study and its package."""
    place = copy_of(small, tmp_path_factory.mktemp("crate"))
    run = place.snakemake("--", "crate", study=STUDY)
    assert run.status == 0, run.output[-5000:]
    assert planned_jobs(run.output) == {"crate": 1}, "nothing else was to be done"
    return place


@pytest.fixture(scope="module")
def package(place):
    return place.results("small") / "ro-crate"


@pytest.fixture(scope="module")
def entities(package):
    """The entities of the package by identifier."""
    graph = json.loads((package / "ro-crate-metadata.json").read_text())["@graph"]
    return {entity["@id"]: entity for entity in graph}


@pytest.fixture
def validate(tmp_path):
    """What the validator says of a package."""
    if not VALIDATOR.is_dir():
        pytest.skip("the validator is not installed: make .venv/crate/ready")

    def validate(crate):
        command = [sys.executable, Path(__file__).with_name("validate_crate.py"), crate, CONTEXT, tmp_path / "cache"]
        environment = os.environ | {"PYTHONPATH": str(VALIDATOR)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return validate


def changed(package, folder, change):
    """Return a copy of the metadata of a package and of all files, changed by a function of the entities."""
    copy = folder / "copy"
    subprocess.run(["cp", "-r", package, copy], check=True)
    metadata = copy / "ro-crate-metadata.json"
    content = json.loads(metadata.read_text())
    change({entity["@id"]: entity for entity in content["@graph"]})
    metadata.write_text(json.dumps(content))
    return copy


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def links(entity, name):
    """Return the identifiers that a property of an entity names."""
    value = entity.get(name, [])
    return [link["@id"] for link in (value if isinstance(value, list) else [value])]


def test_validator_accepts_it(package, validate):
    said = validate(package)
    assert said["passed"] and not said["issues"] and not said["skipped"], said
    assert said["checks"] > 80


def test_validator_refuses_it_when_it_is_broken(package, tmp_path, validate):
    """It complains of each of three links that are taken out, by its check of this link."""
    taken = {
        ("./", "mainEntity"): "workflow-ro-crate-1.0_3.1: ",
        ("#run", "instrument"): "process-run-crate-0.5_1.1: ",
        ("#organisation", "object"): "provenance-run-crate-0.5_8.3: ",
    }
    said = validate(changed(package, tmp_path, lambda entities: [entities[of].pop(name) for of, name in taken]))
    assert not said["passed"]
    for (_, name), check in taken.items():
        assert any(issue.startswith(check) and name in issue for issue in said["issues"]), (check, said["issues"])


def test_every_figure_and_table_is_in_it(place, package, entities):
    results = place.results("small")
    kinds = ("figures", "tables", "statistics", "measurements", "cohorts")
    files = [file for kind in kinds for file in (results / kind).rglob("*") if file.is_file()]
    assert len(files) > 100
    for file in files:
        path = file.relative_to(place.folder).as_posix()
        assert entities[path]["sha256"] == digest(file) == digest(package / path), path


def test_images_masks_and_weights_are_named_by_digest(place, package, entities):
    assert not [file for file in package.rglob("*") if file.suffix in (".h5", ".keras")]
    files = [*place.folder.glob("mice/*.h5"), place.folder / "given.keras"]
    files += [*place.results("small").glob("segmentations/**/*.h5"), *place.results("small").glob("readers/*/*.keras")]
    assert len(files) > 12
    for file in files:
        entity = entities[f"#{file.relative_to(place.folder).as_posix()}"]
        assert entity["sha256"] == digest(file)
        assert entity["contentSize"] == str(file.stat().st_size)


def test_every_job_names_entities_that_are_there(entities):
    jobs = [entity for entity in entities.values() if entity["@type"] in ("CreateAction", "ControlAction")]
    assert len(jobs) > 100
    for job in jobs:
        for name in ("instrument", "object", "result"):
            assert links(job, name) or (name, job["@type"]) == ("result", "ControlAction"), job["@id"]
            assert set(links(job, name)) <= entities.keys()


def test_every_figure_leads_to_its_mice(place, entities):
    makers = {
        result: entity
        for entity in entities.values()
        if entity["@type"] == "CreateAction" and entity["@id"] != "#run"
        for result in links(entity, "result")
    }

    def sources(identifier):
        if identifier not in makers:
            return {identifier}
        return set().union(*(sources(link) for link in links(makers[identifier], "object")))

    figures = [name for name in entities if "/figures/" in name and name.endswith(".png") and SHEETS not in name]
    assert len(figures) == 20
    split = pd.read_csv(place.results("small") / "cohorts/mice/split.csv").set_index("mouse")["split"]
    for figure in figures:
        of_training = Path(figure).stem in ("figure_1_network", "learning_curve", "learning_curves")
        mice = {f"#mice/{mouse}.h5" for mouse in (split[split != "test"] if of_training else split).index}
        assert {source for source in sources(figure) if source.startswith("#mice/")} == mice, figure
        of_trained = "/trained/" in figure or Path(figure).stem == "learning_curves"
        assert ("#given.keras" in sources(figure)) == (not of_trained), figure


def test_figures_have_captions(place, entities):
    for identifier, entity in entities.items():
        if identifier.startswith("results/small/figures/") and SHEETS not in identifier:
            assert len(entity["caption"]) > 80, identifier
            assert "{" not in entity["caption"]


def test_it_is_made_again_only_when_something_changed_and_is_then_the_same(place, package):
    assert "Nothing to be done" in place.snakemake("--dry-run", "--", "crate", study=STUDY).output
    before = {file: file.read_bytes() for file in package.rglob("*") if file.is_file()}
    run = place.snakemake("--force", "--", "crate", study=STUDY)
    assert run.status == 0, run.output[-5000:]
    assert {file: file.read_bytes() for file in package.rglob("*") if file.is_file()} == before
