from types import SimpleNamespace

import pytest
import yaml
from snakemake.io import is_flagged

from murmur.errors import BadInput
from murmur.study.comparison_inputs import ComparisonInputs
from murmur.study.inputs import Inputs
from murmur.study.study import Study
from murmur.subject import choose_subject


@pytest.fixture
def study(root, tmp_path):
    """The default study with a second reader, a table of measurements and a counterpart of the paper."""
    (tmp_path / "table.csv").write_text("mouse,metric,unit,reference,tool\nA,EF,%,60,61\nB,EF,%,50,\n")
    demo = yaml.safe_load((root / "config" / "demo.yaml").read_text())
    demo["cohorts"]["numbers"] = {"source": {"measurements": str(tmp_path / "table.csv")}}
    demo["readers"]["given"] = {"weights": "murmur", "cohorts": ["external_7T"]}
    demo["paper"] = {"cohort": "internal", "reader": "unet3plus"}
    return Study(demo)


def job(cohort="internal", reader="unet3plus", mouse=None):
    return SimpleNamespace(cohort=cohort, reader=reader, mouse=mouse)


def short(paths):
    """Paths without the folder of results."""
    if isinstance(paths, dict):
        return {name: path.removeprefix("results/demo/") for name, path in paths.items()}
    return [path.removeprefix("results/demo/") for path in paths]


def test_masks_of_the_reference_are_the_mouse_files(study):
    inputs = Inputs(study)
    assert inputs.segmentations(job(reader="reference")) == inputs.mice(job()) == study.cohorts["internal"].files
    test_mice = study.cohorts["internal"].mice_of("test")
    assert short(inputs.segmentations(job())) == [f"segmentations/internal/unet3plus/{mouse}.h5" for mouse in test_mice]
    assert short(inputs.files_read(job())) == [f"cohorts/internal/mice/{mouse}.h5" for mouse in test_mice]


def test_split_is_awaited_only_for_the_network_that_was_trained_on_it(study):
    inputs = Inputs(study)
    assert short(inputs.split_of_training(job())) == ["cohorts/internal/split.csv"]
    assert inputs.split_of_training(job("external_7T")) == []
    assert inputs.split_of_training(job("external_7T", "given")) == []
    assert inputs.split_of_training(job(reader="reference")) == []


def test_cohort_without_a_split_is_exported_for_training_only_if_no_other_has_one(study):
    inputs = Inputs(study)
    assert inputs.split_to_train_on(job()) == "cohorts.internal.split"
    assert inputs.split_to_train_on(job("external_7T")) == ""
    del study.cohorts["internal"]
    assert inputs.split_to_train_on(job("external_7T")) == "cohorts.external_7T.split"


def test_measurements_alone_have_no_overlap(study):
    inputs = Inputs(study)
    assert short(inputs.functions_of_cohort(job("external_7T"))) == [
        "measurements/external_7T/unet3plus/function.csv",
        "measurements/external_7T/given/function.csv",
    ]
    assert len(inputs.overlaps_compared(job("external_7T"))) == 2
    assert short(inputs.functions_of_cohort(job("numbers"))) == ["measurements/numbers/tool/function.csv"]
    assert inputs.overlaps_compared(job("numbers")) == []


def test_overlap_is_one_file_where_there_is_a_reference_and_otherwise_none(study, monkeypatch):
    inputs = Inputs(study)
    assert inputs.overlap(job()).endswith("measurements/internal/unet3plus/overlap.csv")
    monkeypatch.setattr(study.cohorts["internal"], "contoured", [])
    assert inputs.overlap(job()) == []


def test_selection_precedes_the_masks_of_its_candidates(root):
    demo = yaml.safe_load((root / "config" / "demo.yaml").read_text())
    trained = {"train_on": "internal"}
    demo["readers"] = {"a": trained | {"seeds": 2}, "b": trained, "c": trained, "mean": {"ensemble": ["c", "a_1"]}}
    demo["readers"]["mean"]["combine"] = "mean"
    demo["readers"] |= {"one": {"select": {"from": ["a", "b"]}}, "two": {"select": {"from": ["b"]}}}
    inputs = Inputs(Study(demo))
    found = {reader: short(inputs.selections(job(reader=reader))) for reader in inputs.study.readers}
    one, two = "readers/one/selection.csv", "readers/two/selection.csv"
    assert found == {"a_1": [one], "a_2": [one], "b": [one, two], "c": [], "mean": [one], "one": [], "two": []}


def test_words_about_a_reader_rest_on_what_is_measured(study):
    inputs = Inputs(study)
    found = inputs.statistics_of_reader(job())
    assert {"manifest", "split", "agreement", "groups", "overlap_summary", "overlap_model"} <= set(found)
    assert short(found)["split"] == "cohorts/internal/split.csv"
    assert short(found)["frames"] == "measurements/internal/unet3plus/frames.csv"
    assert short(found)["groups"] == "statistics/internal/unet3plus/groups.csv"
    assert short(inputs.statistics_of_reader(job("numbers", "tool"))) == {
        "agreement": "statistics/numbers/tool/agreement.csv",
        "sample_size": "statistics/numbers/tool/sample_size.csv",
        "function": "measurements/numbers/tool/function.csv",
    }
    assert "cohort_comparison" not in found
    assert short(inputs.statistics_of_reader(job("external_7T")))["cohort_comparison"] == (
        "statistics/cohort_comparison.csv"
    )


def test_counterparts_of_the_paper(study):
    inputs = Inputs(study)
    found = short(inputs.paper_counterparts(job()))
    assert found["history"] == "readers/unet3plus/history.csv"
    assert found["overlap"] == "measurements/internal/unet3plus/overlap.csv"
    assert short(inputs.paper_reference(job())) == {
        "function": "measurements/internal/reference/function.csv",
        "manifest": "cohorts/internal/manifest.csv",
    }
    study.paper = {"cohort": "numbers", "reader": "tool"}
    assert set(inputs.paper_counterparts(job())) == {"agreement"}
    assert short(inputs.paper_reference(job())) == {"function": "measurements/numbers/tool/function.csv"}
    with pytest.raises(BadInput, match="'numbers', expected a cohort with images"):
        inputs.paper_manifest(job())
    study.paper = None
    with pytest.raises(BadInput, match="paper: found none"):
        inputs.paper_counterparts(job())


def test_error_of_a_reader_is_that_in_the_cohort_compared_or_else_in_others(study):
    inputs = Inputs(study)
    compared = {"tool": ("numbers", "tool"), "network": ("unread", "unet3plus"), "expert": ("internal", "reference")}
    study.comparisons = {name: SimpleNamespace(cohort=c, reader=r) for name, (c, r) in compared.items()}
    found = {name: inputs.validation(SimpleNamespace(comparison=name)) for name in compared}
    assert found == {
        "tool": [("numbers", "tool")],
        "network": [("internal", "unet3plus"), ("external_7T", "unet3plus")],
        "expert": [],
    }
    tool = SimpleNamespace(comparison="tool")
    assert short([inputs.reference_compared(tool)]) == ["measurements/numbers/reference/measurements.csv"]
    assert inputs.reference_compared(SimpleNamespace(comparison="expert")) == []
    assert short(inputs.validation_by_reader(tool)) == ["measurements/numbers/tool/measurements.csv"]
    assert short(inputs.validation_by_reference(tool)) == ["measurements/numbers/reference/measurements.csv"]


def test_errors_on_simulated_mice_are_those_of_the_shipped_network_without_contours(study, monkeypatch):
    monkeypatch.setenv("MURMUR_SUBJECT", '"mouse"')
    inputs, compared = Inputs(study), SimpleNamespace(comparison="lab")
    study.comparisons = {"lab": SimpleNamespace(cohort="unread", reader="unet3plus")}
    study.readers["unet3plus"].shipped = True
    assert inputs.simulated_errors(compared) == {}, "other cohorts are contoured"
    inputs.validation = lambda wildcards: []
    study.readers["unet3plus"].shipped = False
    assert inputs.simulated_errors(compared) == {}, "another network"
    study.readers["unet3plus"].shipped = True
    errors = inputs.simulated_errors(compared)
    assert errors["EF"]["n"] == 16 and 0 < errors["EF"]["error_sd"] < 2
    assert "heart_rate" not in errors
    choose_subject("rat")
    assert inputs.simulated_errors(compared) == {}


def test_animals_are_passed_only_where_one_has_several_scans(study, tmp_path):
    inputs = Inputs(study)
    assert inputs.animals(job()) == inputs.animals(job("numbers")) == {}
    (tmp_path / "people.csv").write_text("mouse,animal,session\nA,M1,day 0\nB,M1,day 7\n")
    table, people = (str(tmp_path / name) for name in ("table.csv", "people.csv"))
    once = {"source": {"measurements": table}}
    repeated = Study({"study": "s", "cohorts": {"once": once, "numbers": once | {"participants": people}}})
    assert Inputs(repeated).animals(job("numbers")) == {"A": "M1", "B": "M1"}
    assert repeated.animal_of_scan == {"numbers": {"A": "M1", "B": "M1"}}
    assert repeated.animals_scanned_repeatedly == {"numbers": 1}


def test_contact_sheets_do_not_name_the_group(tmp_path):
    (tmp_path / "people.csv").write_text("mouse,animal,session,group\nA,M1,day 0,MI\nB,B,,sham\n")
    (tmp_path / "table.csv").write_text("mouse,metric,unit,reference\nA,EF,%,50\nB,EF,%,60\n")
    table, people = (str(tmp_path / name) for name in ("table.csv", "people.csv"))
    cohorts = {"numbers": {"source": {"measurements": table}, "participants": people}}
    found = Study({"study": "s", "cohorts": cohorts, "readers": {}})
    labels = [Inputs(found).label(SimpleNamespace(cohort="numbers", mouse=mouse)) for mouse in "AB"]
    assert labels == ["A (M1, day 0)", "B"]


def test_sessions_are_those_of_animals_with_several_scans():
    source = {"phantom": {"mice": 1, "corruptions": ["none", "blur 3"], "seed": 3}}
    cohorts = {"several": {"source": source}, "once": {"source": {"phantom": {"mice": 2, "seed": 3}}}}
    inputs = Inputs(Study({"study": "quality", "cohorts": cohorts, "readers": {"murmur": {"weights": "murmur"}}}))
    assert inputs.sessions(job("several")) == {"Mouse1_none": "none", "Mouse1_blur_3": "blur 3"}
    assert inputs.sessions(job("once")) == {}


def test_mice_left_out_in_review_are_named_as_excluded_from_the_comparison():
    outcomes = {"A": "accepted", "B": "corrected", "C": "excluded: ghosting", "D": "not reviewed"}
    study = SimpleNamespace(
        layout=None,
        comparisons={"groups": SimpleNamespace(cohort="mine", reader="reviewed")},
        cohorts={"mine": SimpleNamespace(excluded={"E": "motion"})},
        readers={"reviewed": SimpleNamespace(outcomes=outcomes)},
        readers_by=lambda kind: ["reviewed"] if kind == "corrects" else [],
    )
    found = ComparisonInputs(study).left_out_of_comparison(SimpleNamespace(comparison="groups"))
    assert found == {"E": "motion", "C": "masks excluded: ghosting", "D": "masks not reviewed"}


def test_dates_are_ignored_of_the_files_of_the_user_alone(study, tmp_path):
    inputs, table = Inputs(study), str(tmp_path / "table.csv")
    found = inputs.by_content(inputs.table)(job("numbers"))
    assert found == table and is_flagged(found, "ancient")
    generated = inputs.by_content(inputs.mice)(job())
    assert generated == inputs.mice(job()) and not any(is_flagged(file, "ancient") for file in generated)


def test_content_is_that_of_the_files_of_the_user_alone(study, tmp_path):
    inputs = Inputs(study)
    assert inputs.content(inputs.mice)(job()) == study.content([])
    content = inputs.content(inputs.mice, inputs.table)(job("numbers"))
    assert content == study.content([str(tmp_path / "table.csv")]) != study.content([])
