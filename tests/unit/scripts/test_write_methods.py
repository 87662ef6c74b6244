from types import SimpleNamespace

import pandas as pd

import write_methods
from murmur.csv_tables import write_csv
from murmur.study.schema import complete, in_force

STUDY = {"study": "alone", "cohorts": {"numbers": {"source": {"measurements": "numbers.csv"}}}}


def test_mice_excluded_by_the_participants_are_counted_with_their_reason(tmp_path, monkeypatch):
    """The reasons come from the planned study, because the study file holds a part of them only."""
    records = SimpleNamespace(jobs=[], used=lambda _: {"python": ["3.11.7"]})
    monkeypatch.setattr(write_methods, "lineage", lambda _: records)
    function = pd.DataFrame({"mouse": ["M1", "M2"], "metric": "EF", "reference": 60.0, "reader": 61.0})
    write_csv(function, tmp_path / "function.csv")
    write_csv(pd.DataFrame({"mouse": []}), tmp_path / "checks.csv")
    write_methods.main(
        output=str(tmp_path / "methods.md"),
        settings=in_force(complete(STUDY)),
        manifests={},
        splits={},
        functions={"numbers": {"other": str(tmp_path / "function.csv")}},
        trained={},
        checks={"numbers": str(tmp_path / "checks.csv")},
        results=[],
        animals={},
        excluded={"numbers": {"M3": "poor gating"}},
        compared={},
        measured={},
        volumes={},
    )
    text = (tmp_path / "methods.md").read_text(encoding="utf-8")
    assert "The numbers cohort comprised 3 mice with existing measurements of ejection fraction" in text
    assert "One mouse was excluded (poor gating, n = 1), and 2 mice were analysed." in text
