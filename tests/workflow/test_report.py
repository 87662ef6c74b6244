"""The report, the page of records and the methods: what a reviewer is given to check a study by."""

import base64
import json
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
import yaml

from job_records import record_of
from murmur.files import sha256
from murmur.provenance.code import commit_of
from murmur.provenance.stamp import read_stamp
from workplace import ROOT, SMALL, copy_of, planned_jobs

STUDY = "small.yaml"


@pytest.fixture(scope="module")
def report(small, tmp_path_factory):
    """The report of the small study."""
    place = copy_of(small, tmp_path_factory.mktemp("report"))
    path = place.folder / "report.html"
    run = place.snakemake("--report", str(path), study=STUDY)
    assert run.status == 0, run.output[-3000:]
    return path.read_text()


@pytest.fixture(scope="module")
def items(report):
    """The items of the report by path: labels, caption and content."""
    return json.loads(re.search(r"^\s*var results = (\{.*\});$", report, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def page(small):
    """The page of records."""
    return (small.results("small") / "provenance" / "records.html").read_text()


def content(item):
    return base64.b64decode(item["data_uri"].partition("base64,")[2]).decode()


def test_front_of_the_report_names_study_file_and_commit(report):
    front = json.loads(re.search(r"^\s*var workflow_desc = (.*);$", report, re.MULTILINE)[1])
    assert "<strong>small</strong>" in front
    assert f">{STUDY}</a>" in front
    commit = commit_of(ROOT)
    assert commit[:12] + "+" * commit.endswith("+") in front


def test_report_holds_study_file_split_methods_and_records(small, items):
    results = small.results("small")
    for path in ("provenance/small.yaml", "cohorts/mice/split.csv", "tables/methods.md", "provenance/records.html"):
        assert content(items[f"results/small/{path}"]) == (results / path).read_text(), path
    assert yaml.safe_load(content(items["results/small/provenance/small.yaml"])) == SMALL


def test_each_item_of_the_report_says_which_record_it_has(small, items, page):
    assert len(items) > 25
    for path, item in items.items():
        record = record_of(small.folder, path)
        assert item["labels"]["record"] == record["record"][:12], path
        assert item["labels"]["commit"][:12] == record["made"]["commit"][:12]
        if record["made"]["rule"] != "list_records":
            assert record["record"] in page, path


def test_table_of_records_has_a_row_for_each_file(small):
    table = pd.read_csv(small.results("small") / "provenance" / "records.csv").set_index("file")
    assert table.index.is_unique
    for path, row in table.iterrows():
        record = record_of(small.folder, path)
        assert row["sha256"] == sha256(small.folder / path), path
        assert row["record"] == record["record"]
        assert row["script"] == f"scripts/{row['rule']}.py" == record["made"]["script"]
    figures = {str(p.relative_to(small.folder)) for p in small.results("small").glob("figures/**/*.p[dn][fg]")}
    sheets = {path for path in figures if "/animals/" in path}  # of each scan; all of them are in animals.pdf
    assert figures - sheets <= set(table.index)
    sources = table["sources"]
    assert sources["results/small/cohorts/mice/manifest.csv"] == 6, "the mice"
    assert sources["results/small/figures/mice/figure_7_readers.pdf"] == 7, "the mice and the weights"
    assert sources["results/small/tables/methods.md"] == 8, "the participants as well"


class Outline(HTMLParser):
    """Checks that elements are closed, and notes identifiers, links and attributes."""

    VOID = ("meta", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.ids, self.links = [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.elements.add(tag)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if "href" in named else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()


def test_page_stands_alone(page):
    outline = Outline(page)
    assert outline.open == []
    assert not outline.elements & {"script", "img", "link", "iframe"}
    assert len(outline.ids) == len(set(outline.ids))
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)
    assert '<html lang="en">' in page


def test_page_tells_everything_but_time_and_machine(small, page):
    results = small.results("small")
    record = record_of(small.folder, "results/small/provenance/records.html")
    assert read_stamp(results / "provenance" / "records.html").record == record["record"]
    assert record["record"] in page
    assert record["run"]["started"] not in page
    assert str(small.folder) not in page
    for mouse in sorted((small.folder / "mice").glob("*.h5")):
        assert sha256(mouse) in page, mouse.name
    manifest = record_of(small.folder, "results/small/cohorts/mice/manifest.csv")["made"]
    for path, digest in manifest["code"].items():
        assert path in page
        assert digest in page
    for package, version in manifest["software"].items():
        assert re.search(rf">{package}</th><td>{re.escape(version)}<", page), package
    assert re.search(r"cohorts\.mice\.split\.seed</code></th><td><code>1</code></td><td>study file", page)
    assert re.search(r'statistics\.alpha</code></th><td><code>0\.05</code></td><td><span class="default">', page)


def test_methods_are_filled_in(small):
    text = (small.results("small") / "tables" / "methods.md").read_text()
    training = json.loads((small.results("small") / "readers" / "trained" / "training.json").read_text())
    known = [
        "a training (n = 2), a validation (n = 1) and a test set (n = 3)",
        "4 slices of 64 × 60 pixels, with 6 frames at intervals of 20 ms and a voxel size of 0.2 × 0.2 × 1 mm",
        f"{training['parameters']:,} parameters",
        f"weights of epoch {training['best_epoch']}, with the lowest validation loss",
        sha256(small.folder / "given.keras"),
        f"(commit {commit_of(ROOT).rstrip('+')}",
    ]
    software = record_of(small.folder, "results/small/readers/trained/model.keras")["made"]["software"]
    known += [f"Python {software['python']}", f"Snakemake {software['snakemake']}", f"Keras {software['keras']}"]
    for words in known:
        assert words in text, words


def test_same_records_give_the_same_bytes(small, tmp_path):
    place = copy_of(small, tmp_path)
    made = ["tables/methods.md", "provenance/records.html", "provenance/records.csv", "provenance/small.yaml"]
    before = {path: sha256(place.results("small") / path) for path in made}
    run = place.snakemake("--forcerun", "write_methods", "list_records", study=STUDY)
    assert run.status == 0, run.output
    assert {path: sha256(place.results("small") / path) for path in made} == before


def test_comment_in_the_study_file_is_listed_anew_and_nothing_else(small, tmp_path):
    place = copy_of(small, tmp_path)
    with open(place.folder / STUDY, "a") as file:
        file.write("# a remark\n")
    planned = place.snakemake("--dry-run", "--quiet", "rules", study=STUDY).output
    assert planned_jobs(planned) == {"list_records": 1}
