import os
import platform

import pytest

from murmur.audit import current_state
from murmur.audit.check import Audit
from murmur.audit.current_state import CurrentState
from murmur.audit.snakemake_plan import SnakemakePlan
from murmur.provenance import code
from recorded_study import FIGURE, INPUTS, MASKS, TABLE, edit, known, make, make_study, planned, record_file


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_study(tmp_path)
    return tmp_path


def audited(folder, asked=None, files=(*INPUTS,), **more):
    """Return the audit of the files of the study, as by a new process."""
    code._read.cache_clear()
    return Audit(
        known(folder, *files), list(files), CurrentState(folder, folder / "checkout", asked or planned()), **more
    )


def found(folder, path=FIGURE, **more):
    """Return the verdict on a file and the sentences of its reasons, joined."""
    verdict, reasons = audited(folder, **more).verdict(path)
    return verdict, " ".join(reason.sentence for reason in reasons)


def write(path, content="other"):
    with open(path, "w") as file:
        file.write(content)


def test_what_nobody_touched_is_verified(folder):
    for path in INPUTS:
        assert found(folder, path) == ("VERIFIED", "")


def test_a_study_is_verified_wherever_it_was_moved_to(folder, tmp_path_factory, monkeypatch):
    place = tmp_path_factory.mktemp("elsewhere") / "moved"
    os.rename(folder, place)
    monkeypatch.chdir("/")
    assert found(place) == ("VERIFIED", "")


@pytest.mark.parametrize("path", INPUTS)
def test_an_altered_file_breaks_all_that_was_made_from_it_and_nothing_else(folder, path):
    write(path)
    audit = audited(folder)
    for other in INPUTS:
        above = other == path or (other in (TABLE, FIGURE) and path in MASKS) or (other, path) == (FIGURE, TABLE)
        assert audit.verdict(other)[0] == ("BROKEN" if above else "VERIFIED")
    assert path in audit.verdict(FIGURE)[1][0].sentence


@pytest.mark.parametrize("path", INPUTS)
def test_a_missing_file_or_record_breaks(folder, path):
    os.rename(path, "kept")
    assert found(folder) == ("BROKEN", f"{path} is missing.")
    os.rename("kept", path)
    record_file(path).unlink()
    assert found(folder) == ("BROKEN", f"{path}: its record is missing.")


def test_a_file_that_is_removed_after_use_may_be_missing_but_not_altered(folder):
    asked = planned(segment={"temporary": ["mask1.h5"]})
    write(MASKS[0])
    assert found(folder, asked=asked)[0] == "BROKEN"
    os.remove(MASKS[0])
    assert found(folder, asked=asked) == ("VERIFIED", "")
    assert audited(folder, asked).is_removed(MASKS[0])
    os.remove(MASKS[1])
    assert found(folder, asked=asked) == ("BROKEN", f"{MASKS[1]} is missing.")


def test_a_source_may_change_but_not_be_missing(folder):
    write("weights")
    assert found(folder) == ("STALE", "weights has changed.")
    assert audited(folder).own_verdict("weights") == "STALE"
    assert audited(folder).own_verdict("mouse") == "VERIFIED"
    os.remove("weights")
    assert found(folder) == ("BROKEN", "weights is missing.")


def test_code_may_change_or_go(folder):
    write("checkout/scripts/measure.py")
    assert found(folder) == ("STALE", "scripts/measure.py has changed.")
    assert found(folder, MASKS[0]) == ("VERIFIED", "")
    os.remove("checkout/scripts/measure.py")
    assert found(folder) == ("STALE", "scripts/measure.py no longer exists.")


def test_a_download_stays_right_when_the_library_changes_but_not_when_its_script_does(folder):
    make(MASKS[0], 0, science={"scripts/segment.py": "0", "scripts/murmur/files.py": "0"}, software={"python": "2.7"})
    make(TABLE, 2)
    assert "python was 2.7" in found(folder, MASKS[0])[1]
    lasting = planned(segment={"has_code": False})
    assert found(folder, MASKS[0], asked=lasting) == ("STALE", "scripts/segment.py has changed.")


def test_other_versions_are_named_and_what_is_not_installed_is_not_compared(folder, monkeypatch):
    versions = {"python": platform.python_version(), "numpy": "1.0", "somewhere-else": "2.0"}
    make(FIGURE, 9, software=versions | {"python": "2.7"})
    monkeypatch.setattr(current_state.metadata, "version", {"numpy": "1.1"}.__getitem__)
    monkeypatch.setattr(current_state.metadata, "PackageNotFoundError", KeyError)
    audit = audited(folder)
    assert [reason.sentence for reason in audit.verdict(FIGURE)[1]] == ["numpy was 1.0 and is 1.1 here."]
    assert audit.current.not_compared == [
        "Versions were not compared for packages that are not installed here: somewhere-else."
    ]
    make(FIGURE, 9, software={"python": "2.7", "numpy": "1.1"})
    assert found(folder) == ("STALE", f"python was 2.7 and is {platform.python_version()} here.")


def test_settings_and_inputs_are_those_that_the_study_file_asks_for(folder):
    asked = planned(measure={"settings": {"alpha": 0.01}}, plot={"inputs": [TABLE, "mouse"]})
    verdict, reasons = found(folder, asked=asked)
    assert verdict == "STALE"
    assert "the setting alpha of measure was 0.05 and is now 0.01." in reasons
    assert "plot would now also use mouse." in reasons
    assert found(folder, asked=planned(plot={"inputs": []})) == ("STALE", f"plot would no longer use {TABLE}.")


def test_without_a_study_file_the_rest_is_judged_and_what_is_not_is_said(folder):
    asked = SnakemakePlan({"problem": "found no study file tiny.yaml", "jobs": [], "rules": {}})
    audit = audited(folder, asked)
    assert audit.verdict(FIGURE)[0] == "VERIFIED"
    assert "found no study file tiny.yaml" in audit.current.not_compared[0]


def test_what_the_study_file_does_not_ask_for_is_judged_without_it(folder):
    audit = audited(folder, planned(plot={"outputs": []}))
    assert audit.verdict(FIGURE) == ("VERIFIED", [])
    expected = f"Settings and inputs were not compared for files that the study file does not request: {FIGURE}."
    assert audit.current.not_compared == [expected]


def test_what_was_never_made_is_stale_and_what_is_gone_is_broken(folder):
    asked = planned()
    asked.jobs.append({"rule": "plot", "outputs": ["new.svg", "new.png"], "inputs": [TABLE], "settings": {}})
    verdict, reasons = found(folder, "new.svg", asked=asked, files=["new.svg"])
    assert (verdict, reasons) == ("STALE", "plot has not yet made new.svg and 1 more, which the study file requests.")
    os.remove(FIGURE)
    record_file(FIGURE).unlink()
    os.remove(MASKS[0])
    record_file(MASKS[0]).unlink()
    assert found(folder, TABLE) == ("BROKEN", f"{MASKS[0]} is missing, and its record is missing.")
    with_sibling = planned(plot={"outputs": [FIGURE, TABLE]})
    assert f"{FIGURE} is missing, and its record is missing." in found(folder, asked=with_sibling)[1]


def test_an_input_made_again_with_another_result_leaves_what_used_it_stale(folder):
    make(MASKS[0], 30, content="another result")
    assert found(folder) == ("STALE", f"{MASKS[0]} was recomputed with a different result since measure used it.")
    assert found(folder, MASKS[0]) == ("VERIFIED", "")


def test_an_input_made_again_with_the_same_result_is_no_reason(folder):
    make(MASKS[0], 30, commit="another")
    audit = audited(folder)
    assert audit.verdict(FIGURE) == ("VERIFIED", [])
    assert audit.same_again == {(audit.makers[TABLE].record, MASKS[0])}


@pytest.mark.parametrize("path", INPUTS)
@pytest.mark.parametrize("part", ["settings", "code", "science", "software", "wildcards"])
def test_a_record_changed_and_sealed_again_no_longer_fits_what_was_made_from_it(folder, path, part):
    edit(path, lambda record: record["made"][part].update({"more": "1"}))
    audit = audited(folder)
    for file in (path, FIGURE):
        verdict, reasons = audit.verdict(file)
        assert verdict == "BROKEN"
        assert path in reasons[0].sentence
        assert "resealed" in reasons[0].sentence


def test_a_job_that_started_in_the_same_second_did_not_make_its_input_again(folder):
    make(TABLE, 0)
    make(FIGURE, 3)
    assert found(folder) == ("VERIFIED", "")
    edit(MASKS[0], lambda record: record["made"]["settings"].update(alpha=1))
    assert found(folder)[0] == "BROKEN"


@pytest.mark.parametrize("path", MASKS)
def test_a_file_altered_with_its_record_no_longer_fits_what_was_made_from_it(folder, path):
    write(path)
    sha256 = current_state.digest_or_none(folder / path)
    edit(path, lambda record: record["outputs"][0].update(sha256=sha256, bytes=5))
    verdict, reasons = found(folder)
    assert verdict == "BROKEN"
    assert f"The record of {path} does not match that of {TABLE}" in reasons


def test_the_record_of_another_file_is_refused(folder):
    record_file(MASKS[0]).write_bytes(record_file(MASKS[1]).read_bytes())
    assert found(folder) == ("BROKEN", f"{MASKS[0]}: its record is missing.")


def test_a_record_that_cannot_be_read_is_named(folder):
    record_file(TABLE).write_text("{")
    verdict, reasons = found(folder)
    assert verdict == "BROKEN"
    assert f"{TABLE}: its record is missing, unless it is one that cannot be read: {record_file(TABLE)}" in reasons


def test_a_stamp_that_does_not_fit_breaks_all_outputs_of_the_job(folder):
    other = "results/tiny/figures/values.csv"
    write(other, "1")
    described = {"path": other, "bytes": 1, "sha256": current_state.digest_or_none(folder / other)}
    edit(FIGURE, lambda record: record["outputs"].append(described))
    assert found(folder, other) == ("VERIFIED", "")
    edit(FIGURE, lambda record: record["made"]["settings"].update(alpha=1))
    verdict, reasons = found(folder, other, files=[other])
    assert verdict == "BROKEN"
    assert f"{FIGURE} does not carry the stamp of its record" in reasons


def test_of_two_records_of_a_file_that_of_the_later_job_counts(folder):
    """As after a rule was renamed."""
    os.rename(record_file(TABLE), "results/tiny/provenance/jobs/measure/old.json")
    make(TABLE, 9, rule="measure_all", content="another result")
    make(FIGURE, 10)
    audit = audited(folder)
    assert audit.makers[TABLE].rule == "measure_all"
    assert audit.verdict(FIGURE)[0] == "VERIFIED"


def test_a_figure_without_stamp_is_not_the_workflow_s_even_if_its_record_fits(folder):
    write(FIGURE, "drawn by hand")
    edit(FIGURE, lambda record: record["outputs"][0].update(sha256=current_state.digest_or_none(folder / FIGURE)))
    verdict, reasons = found(folder)
    assert verdict == "BROKEN"
    assert reasons.startswith(f"{FIGURE} does not carry the stamp of its record")


def test_a_copy_elsewhere_stands_for_the_file_in_the_study(folder):
    os.rename(FIGURE, "figure_for_the_journal.svg")
    copies = {FIGURE: folder / "figure_for_the_journal.svg"}
    assert found(folder, copies=copies) == ("VERIFIED", "")
    write("figure_for_the_journal.svg")
    assert "altered, or saved by other software" in found(folder, copies=copies)[1]


def test_a_file_of_the_checkout_is_found_in_the_one_at_hand(tmp_path):
    (tmp_path / "config" / "published").mkdir(parents=True)
    (tmp_path / "config" / "published" / "table.csv").write_text("")
    for path in ("/old/checkout/config/published/table.csv", "../../code/config/published/table.csv"):
        assert current_state.place_of(path, tmp_path / "study", tmp_path) == tmp_path / "config/published/table.csv"
    assert current_state.place_of("mice/1.h5", tmp_path, tmp_path) == tmp_path / "mice" / "1.h5"
