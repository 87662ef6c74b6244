"""A study of three jobs, packaged: two mice are measured, and a figure is drawn from both."""

import json
from pathlib import Path

import pytest
import yaml

import crate
from murmur.errors import BadInput
from murmur.files import MEMORY, sha256
from murmur.presentation.crate.captions import fill_in
from murmur.provenance.record import inputs_of, made_by, read_record, write_record
from murmur.provenance.run_context import RunContext
from murmur.statistics.bootstrap import MIN_RESAMPLED

RUN = {"study_files": ["tiny.yaml"], "host": "here", "system": "Linux", "threads": 1, "peak_memory_MB": 100}
FIGURE, VOLUMES = "results/tiny/figures/c/r/figure_5_overlap", "results/tiny/measurements/{}.csv"
ITEM = {"title": "Figure 5: overlap in {cohort}", "template": "figure_5_overlap.rst"}
SHOWN = {"figures/{cohort}/{reader}/figure_5_overlap.png": ITEM}


def record_file(rule, name):
    """Return the path of the record of a job, which is named after its first output."""
    return Path(f"results/tiny/provenance/jobs/{rule}/{name}.json")


FIGURE_RECORD = record_file("plot_overlap", "figure_5_overlap")


def make(root, rule, outputs, inputs, started, **settings):
    """Lay down the record of a job whose outputs exist."""
    script = root / "scripts" / f"{rule}.py"
    made = {"study": "tiny", "rule": rule, "wildcards": {"cohort": "c", "reader": "r"}, "script": f"scripts/{rule}.py"}
    made |= {"inputs": inputs_of(("", path) for path in inputs), "settings": settings, "commit": "abc"}
    made |= made_by(script, "9.0")
    # as many results as it has; their wildcards would tell them apart
    made["wildcards"] |= {} if rule == "plot_overlap" else {"mouse": Path(outputs[0]).stem}
    place = record_file(rule, Path(outputs[0]).stem)
    write_record(place, outputs, made, RUN | {"started": started, "seconds": 90.5})


@pytest.fixture
def study(root, tmp_path, monkeypatch):
    """A working directory with the study, whose figure and volumes are to be packaged."""
    monkeypatch.chdir(tmp_path)
    places = {VOLUMES.format(name): str(record_file("measure_volumes", name)) for name in ("1", "2")}
    MEMORY.mkdir(parents=True)
    (MEMORY / "tiny.json").write_text(json.dumps(RunContext([], "9.0", "abc", places, {})._asdict()))
    for name in ("1", "2"):
        for path, content in ((f"mice/{name}.h5", f"mouse {name}"), (VOLUMES.format(name), f"volume {name}")):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        started = f"2026-02-03T04:0{name}:00+00:00"
        make(root, "measure_volumes", [VOLUMES.format(name)], [f"mice/{name}.h5"], started, spacing_mm=[1, 2])
    (tmp_path / FIGURE).parent.mkdir(parents=True)
    for suffix in ("png", "pdf", "keras"):
        (tmp_path / f"{FIGURE}.{suffix}").write_text(f"figure as {suffix}")
    figures = [f"{FIGURE}.{suffix}" for suffix in ("png", "pdf", "keras")]
    make(root, "plot_overlap", figures, [VOLUMES.format(1), VOLUMES.format(2)], "2026-02-03T04:09:00+00:00", n=7)
    (tmp_path / "tiny.yaml").write_text("study: tiny\n")
    return tmp_path


def package(root, folder="results/tiny/ro-crate", study_files=("tiny.yaml",), results=(f"{FIGURE}.png",)):
    """Package the study and return the entities by identifier."""
    crate.main(results, study_files, SHOWN, root, "abc", folder)
    graph = json.loads(Path(folder, "ro-crate-metadata.json").read_text())["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)
    return {entity["@id"]: entity for entity in graph}


def linked(entity, name):
    """Return the identifiers that a property of an entity names."""
    value = entity.get(name, [])
    return [link["@id"] for link in (value if isinstance(value, list) else [value])]


def test_a_figure_leads_to_its_mice(root, study):
    entities = package(root)
    makers = {
        result: action
        for action in entities.values()
        if action["@type"] == "CreateAction" and action["@id"] != "#run"
        for result in linked(action, "result")
    }
    action = makers[f"{FIGURE}.png"]
    assert action["@id"] == f"#{read_record(FIGURE_RECORD)['record']}", "the digest that the figure carries"
    assert linked(action, "result") == [f"{FIGURE}.png", f"{FIGURE}.pdf", f"#{FIGURE}.keras"]
    assert linked(action, "object") == [VOLUMES.format(1), VOLUMES.format(2), f"{action['@id']}/n"]
    assert linked(action, "instrument") == ["workflow/scripts/plot_overlap.py"]
    assert action["name"] == "plot_overlap: cohort c, reader r"
    assert (action["startTime"], action["endTime"]) == ("2026-02-03T04:09:00+00:00", "2026-02-03T04:10:30+00:00")
    mice = [linked(makers[volumes], "object")[0] for volumes in linked(action, "object")[:2]]
    assert mice == ["#mice/1.h5", "#mice/2.h5"]
    assert [entities[mouse]["sha256"] for mouse in mice] == [sha256("mice/1.h5"), sha256("mice/2.h5")]
    assert entities["#mice/1.h5"]["contentSize"] == "7"


def test_settings_are_values(root, study):
    entities = package(root)
    values = {e["name"]: e["value"] for e in entities.values() if e["@type"] == "PropertyValue"}
    assert values == {"n": 7, "spacing_mm": "[1, 2]"}


def test_every_link_leads_somewhere(root, study):
    entities = package(root)
    for entity in entities.values():
        for name, value in entity.items():
            for link in [v["@id"] for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict)]:
                assert link in entities or link.startswith("https://"), (entity["@id"], name, link)


def test_what_is_in_the_package_and_what_is_not(root, study):
    entities = package(root)
    folder = study / "results/tiny/ro-crate"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert not [path for path in there if path.endswith((".h5", ".keras"))]
    for path in (f"{FIGURE}.png", f"{FIGURE}.pdf", VOLUMES.format(1)):
        assert entities[path]["sha256"] == sha256(path) == sha256(folder / path)
    record = FIGURE_RECORD.as_posix()
    for path in (f"{FIGURE}.png", f"{FIGURE}.pdf", f"#{FIGURE}.keras"):
        assert entities[path]["subjectOf"] == {"@id": record}
    assert (folder / record).read_bytes() == Path(record).read_bytes()
    assert {"study/tiny.yaml", "README.md", "workflow/Snakefile", "workflow/rules/crate.smk"} <= there
    assert there <= entities.keys(), "every file is described"


def test_run_holds_all_jobs(root, study):
    entities = package(root)
    run, organisation = entities["#run"], entities["#organisation"]
    assert (run["startTime"], run["endTime"]) == ("2026-02-03T04:01:00+00:00", "2026-02-03T04:10:30+00:00")
    assert entities["./"]["datePublished"] == run["endTime"]
    assert linked(run, "object") == ["study/tiny.yaml", "#mice/1.h5", "#mice/2.h5"]
    controls = [entities[control] for control in linked(organisation, "object")]
    assert [linked(control, "instrument")[0].partition("#")[2] for control in controls] == [
        "measure_volumes",
        "measure_volumes",
        "plot_overlap",
    ]
    positions = {step: entities[step]["position"] for step in linked(entities["workflow/Snakefile"], "step")}
    assert positions == {"workflow/Snakefile#measure_volumes": "1", "workflow/Snakefile#plot_overlap": "2"}


def test_software_has_versions(root, study):
    entities = package(root)
    needed = linked(entities["workflow/scripts/plot_overlap.py"], "softwareRequirements")
    versions = {entities[package]["name"]: entities[package]["softwareVersion"] for package in needed}
    assert versions == read_record(FIGURE_RECORD)["made"]["software"]


def test_caption_is_filled_in_for_every_format(root, study):
    entities = package(root)
    assert entities[f"{FIGURE}.png"]["caption"].startswith(
        "Overlap between reader r and the reference in the mice of the c cohort that both segmented"
    )
    assert entities[f"{FIGURE}.png"]["caption"] == entities[f"{FIGURE}.pdf"]["caption"]
    assert entities[f"{FIGURE}.png"]["name"] == "Figure 5: overlap in c"
    told = [line for line in Path("results/tiny/ro-crate/README.md").read_text().splitlines() if "Figure 5" in line]
    assert told == [
        f"- **Figure 5: overlap in c**, [{FIGURE}.png]({FIGURE}.png). {entities[f'{FIGURE}.png']['caption']}"
    ]


def test_caption_is_not_that_of_another_job(root, study):
    other = Path("results/tiny/figure_5_overlap.csv")
    other.write_text("of the same name")
    make(root, "measure_volumes", [other], ["mice/1.h5"], "2026-02-03T04:05:00+00:00")
    entities = package(root, results=[other, f"{FIGURE}.png"])
    assert "caption" in entities[f"{FIGURE}.png"] and "caption" not in entities[str(other)]


def test_caption_of_the_ranking_gives_the_fewest_mice_resampled(root):
    made = {"rule": "plot_readers", "wildcards": {"cohort": "c"}, "settings": {"alpha": 0.05}, "study": "s"}
    caption = fill_in(root / "report" / "figure_7_readers.rst", made)
    assert f"bootstrap resamples of the mice, if there are at least {MIN_RESAMPLED}" in caption


def test_caption_that_cannot_be_filled_in_is_an_error(tmp_path):
    (tmp_path / "caption.rst").write_text("{{ snakemake.params.n }} mice")
    with pytest.raises(Exception, match="'n'"):
        fill_in(tmp_path / "caption.rst", {"rule": "r", "wildcards": {}, "settings": {}, "study": "s"})


def test_same_records_give_the_same_bytes(root, study):
    package(root, "results/tiny/ro-crate")
    package(root, "results/tiny/other")
    first, other = study / "results/tiny/ro-crate", study / "results/tiny/other"
    files = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert files == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    assert all((first / path).read_bytes() == (other / path).read_bytes() for path in files)


def test_code_that_changed_since_is_named(root, study):
    record = read_record(FIGURE_RECORD)
    record["made"]["code"]["scripts/murmur/csv_tables.py"] = "0" * 64
    write_record(FIGURE_RECORD, [output["path"] for output in record["outputs"]], record["made"], record["run"])
    entities = package(root)
    assert (
        "earlier versions of these files: scripts/murmur/csv_tables.py."
        in entities[linked(entities["./"], "mentions")[3]]["description"]
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("mice/1.h5", "found SHA-256"),
        (f"{FIGURE}.pdf", "found SHA-256"),
        (FIGURE_RECORD, "changed by hand"),
    ],
)
def test_what_was_changed_is_not_packaged(root, study, path, found):
    (study / path).write_text((study / path).read_text().replace("1", "2").replace("figure as", "Figure as"))
    with pytest.raises(BadInput, match=f"{FIGURE if path is FIGURE_RECORD else path}.*: .*{found}"):
        package(root)
    assert not (study / "results/tiny/ro-crate").exists()


@pytest.mark.parametrize("path", [f"{FIGURE}.pdf", VOLUMES.format(1)])
def test_what_is_missing_is_named(root, study, path):
    (study / path).unlink()
    with pytest.raises(BadInput, match=f"{path}: "):
        package(root)


@pytest.mark.parametrize(("record", "path"), [(FIGURE_RECORD, FIGURE), (record_file("measure_volumes", 2), VOLUMES)])
def test_a_missing_record_is_named_by_its_file(root, study, record, path):
    record.unlink()
    with pytest.raises(BadInput, match=f"{path.format(2)}.*: its record is missing"):
        package(root)


def test_two_study_files_of_one_name_are_refused(root, study):
    (study / "other").mkdir()
    (study / "other/tiny.yaml").write_text("study: other\n")
    with pytest.raises(BadInput, match=r"other/tiny.yaml: .* study/tiny.yaml"):
        package(root, study_files=["tiny.yaml", "other/tiny.yaml"])


def test_citation_is_of_the_workflow_alone(root, study):
    entities = package(root)
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    (author,) = linked(entities["workflow/Snakefile"], "author")
    assert entities[author]["name"] == citation["authors"][0]["name"]
    assert linked(entities["workflow/Snakefile"], "citation") == ["https://doi.org/10.1016/j.jocmr.2026.102706"]
    assert "author" not in entities["./"], "who did the study is not known"
    assert "no licence for the data" in entities[entities["./"]["license"]["@id"]]["description"]
