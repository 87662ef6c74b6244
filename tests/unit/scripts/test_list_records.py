import list_records
from murmur.provenance.lineage import Lineage


def record(path, rule, *inputs):
    """A record with what the table reads of it; mice have none."""
    inputs = [{"path": file, "record": None if "mice/" in file else f"record {file}"} for file in inputs]
    made = {"rule": rule, "script": f"scripts/{rule}.py", "inputs": inputs}
    return {"file": {"sha256": f"sha of {path}"}, "record": f"record {path}", "made": made}


def test_table_counts_the_sources_of_each_file():
    mice = [f"mice/Mouse{number}.h5" for number in (1, 2, 3, 4)]
    records = {
        "one.csv": record("one.csv", "measure", *mice),
        "two.csv": record("two.csv", "measure", *mice),
        "figure.pdf": record("figure.pdf", "plot", "one.csv", "two.csv"),
        "first.csv": record("first.csv", "tabulate", mice[0]),
    }
    found = Lineage(records, {mouse: f"sha of {mouse}" for mouse in mice}, {})
    table = list_records.table_of_records(["figure.pdf", "first.csv", "without.csv"], found).set_index("file")
    assert table.index.tolist() == ["figure.pdf", "first.csv"], "what has no record has no row"
    assert table["sources"].tolist() == [4, 1]
    assert table["rule"].tolist() == ["plot", "tabulate"]
    assert table["script"].tolist() == ["scripts/plot.py", "scripts/tabulate.py"]
    assert table["sha256"].tolist() == ["sha of figure.pdf", "sha of first.csv"]
    assert table["record"].tolist() == ["record figure.pdf", "record first.csv"]
