import pandas as pd
import pytest

from murmur.presentation import records_page
from murmur.provenance.lineage import Job, Lineage

MICE = [f"mice/Mouse{number}.h5" for number in (1, 2, 10, 11)]


def job(paths, rule, inputs, wildcards, settings):
    """A job with what the page reads of it; its digest is told by the rule and wildcards."""
    script = f"scripts/{rule}.py"
    made = {
        "study": "s",
        "rule": rule,
        "wildcards": wildcards,
        "script": script,
        "inputs": [
            {"name": name, "path": file, "sha256": f"sha of {file}", "record": None if "mice/" in file else "some"}
            for name, file in inputs
        ],
        "settings": settings,
        "commit": "unknown",
        "code": {script: "sha of script", "scripts/murmur/csv_tables.py": "sha of tables"},
        "software": {"python": "3.11.7"},
    }
    outputs = {path: {"path": path, "bytes": 1, "sha256": f"sha of {path}"} for path in paths}
    return Job("", "-".join(["record", rule, *wildcards.values()]), made, {}, outputs)


@pytest.fixture
def found():
    """Four mice are segmented and measured; a figure and its twin are drawn, and a table of one mouse's volumes."""
    makers = {}

    def add(paths, rule, inputs, wildcards, settings=None):
        makers.update(dict.fromkeys(paths, job(paths, rule, inputs, wildcards, settings or {})))

    for mouse in MICE:
        name = mouse[5:-3]
        add([f"seg/{name}.h5"], "segment_mouse", [("mouse", mouse)], {"cohort": "a", "mouse": name}, {"seed": name})
    for reader in ("one", "two"):
        inputs = [("masks", f"seg/{mouse[5:]}") for mouse in MICE]
        add([f"{reader}/volumes.csv"], "measure", inputs, {"cohort": "a", "reader": reader}, {"alpha": 0.05})
    add(["first.csv"], "tabulate", [("mouse", "seg/Mouse1.h5")], {"cohort": "a"})
    both = [("volumes", "one/volumes.csv"), ("volumes", "two/volumes.csv")]
    add(["figure_1.pdf", "figure_1.png"], "plot", both, {"cohort": "a"})
    return Lineage(makers, {mouse: f"sha of {mouse}" for mouse in MICE}, {})


def page(found, results):
    split = pd.DataFrame({"mouse": ["Mouse1", "Mouse2"], "split": ["train", "test"]})
    settings = {"study": "s", "statistics": {"alpha": 0.05, "power": 0.8}}
    given = {"study": "s", "statistics": {"power": 0.8}}
    shown = {"figure_1.png": {"title": "Figure 1 of {cohort} <script>"}, "first.yaml": {"title": "Study file"}}
    return records_page.page("s", found, results, {"a": split}, {"s.yaml": "study: <s>"}, settings, given, shown)


def test_study_file_of_the_name_of_a_table_does_not_rename_it(found):
    assert "Study file" not in item(page(found, ["first.csv"]), "first")


def item(text, name):
    """The part of the page on one figure or table."""
    parts = text.split("<details")
    return next(part.partition("</details>")[0] for part in parts if name in part.partition("</summary>")[0])


def test_way_of_a_figure_holds_what_it_was_made_from_and_nothing_else(found):
    text = page(found, ["figure_1.pdf", "figure_1.png", "first.csv"])
    way = item(text, "Figure 1")
    order = [way.index(f">{rule}</a>") for rule in ("segment_mouse", "measure", "plot")]
    assert order == sorted(order), "from the sources down to the file"
    assert "tabulate" not in way
    assert "Mouse1 to Mouse11 (4 in total)" in way, "in natural order"
    assert "Mouse1.h5 <code>sha of m</code> to Mouse11.h5 <code>sha of m</code> (4 files)" in way
    assert "one/volumes.csv" in way, "files of one name are told apart by their folder"
    assert way.count("figure_1.p") >= 2
    other = item(text, "first.csv")
    assert "plot" not in other
    assert "Mouse2" not in other


def test_what_users_wrote_is_text_and_not_html(found):
    text = page(found, ["figure_1.pdf"])
    assert "Figure 1 of a &lt;script&gt;" in text
    assert "study: &lt;s&gt;" in text
    assert "<script" not in text


def test_settings_tell_what_was_given_and_what_is_the_default(found):
    rows = list(records_page.settings_as_rows({"a": {"b": 1, "c": []}, "d": {}}, {"a": {"c": []}}))
    assert rows == [("a.b", "1", False), ("a.c", "[]", True), ("d", "{}", False)]
    text = page(found, ["figure_1.pdf"])
    assert '<code>statistics.alpha</code></th><td><code>0.05</code></td><td><span class="default">default<' in text
    assert "<code>statistics.power</code></th><td><code>0.8</code></td><td>study file<" in text


def test_setting_that_differs_by_mouse_is_not_given_as_that_of_all(found):
    text = page(found, ["figure_1.pdf"])
    step = item(text, "(4 jobs)")
    assert "setting seed</th><td>one for each mouse" in step
    assert "setting alpha</th><td><code>0.05</code>" in text


def test_what_lacks_a_record_is_named(found):
    found.lost["gone.csv"] = "its record is missing"
    assert "without a record: <code>gone.csv</code></th><td>its record is missing" in page(found, ["figure_1.pdf"])


def test_page_is_the_same_each_time(found):
    assert page(found, ["figure_1.pdf", "first.csv"]) == page(found, ["figure_1.pdf", "first.csv"])


def test_table_counts_the_sources_of_each_file(found):
    table = records_page.table_of_records(["figure_1.pdf", "first.csv", "without.csv"], found).set_index("file")
    assert table.index.tolist() == ["figure_1.pdf", "first.csv"], "what has no record has no row"
    assert table["sources"].tolist() == [4, 1]
    assert table["rule"].tolist() == ["plot", "tabulate"]
    assert table["script"].tolist() == ["scripts/plot.py", "scripts/tabulate.py"]
    assert table["sha256"].tolist() == ["sha of figure_1.pdf", "sha of first.csv"]
    assert table["record"].tolist() == ["record-plot-a", "record-tabulate-a"]
