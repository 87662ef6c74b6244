import pytest

from murmur.audit.check import Audit
from murmur.audit.current_state import CurrentState
from murmur.audit.lineage_text import source_table, tree
from recorded_study import FIGURE, MASKS, TABLE, known, make, make_study, planned


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_study(tmp_path)
    return tmp_path


def audited(folder, asked=None):
    return Audit(known(folder), [FIGURE], CurrentState(folder, folder / "checkout", asked or planned()))


TREE = """\
results/tiny/figures/figure.svg
│  scripts/plot.py, 2026-01-01 10:03; alpha 0.05
└─ results/tiny/statistics/table.csv
   │  scripts/measure.py, 2026-01-01 10:02; alpha 0.05
   ├─ results/tiny/{mask1,mask2}.h5
   │  │  scripts/segment.py, 2026-01-01 10:00 to 2026-01-01 10:01; alpha 0.05
   │  └─ sources ./{mouse,weights}
   └─ source mouse (above)
"""


def test_a_tree_names_each_file_once_and_puts_siblings_together(folder):
    assert "\n".join(tree(audited(folder), FIGURE)) + "\n" == TREE


def test_a_tree_says_what_is_wrong_where(folder):
    with open(MASKS[0], "a") as file:
        file.write("altered")
    with open("weights", "a") as file:
        file.write("altered")
    lines = tree(audited(folder), FIGURE)
    assert lines[0] == FIGURE
    assert lines[4].endswith("{mask1,mask2}.h5 (BROKEN)")
    assert lines[6].endswith("sources ./{mouse,weights} (STALE: 1 of 2)")


def test_a_tree_notes_what_was_removed_or_made_again(folder):
    make(TABLE, 30, commit="another")
    (folder / MASKS[0]).unlink()
    asked = planned(segment={"temporary": ["mask1.h5"]})
    text = "\n".join(tree(audited(folder, asked), FIGURE))
    assert "table.csv (recomputed since, with the same content)" in text
    assert "{mask1,mask2}.h5 (removed after use)" in text


def test_many_settings_are_counted(folder):
    settings = {
        "phenotypes": {"Mouse1": "control", "Mouse2": "infarct", "Mouse3": "control"},
        "mice": [f"Mouse{number}" for number in range(1, 31)],
        "network": {"filters": [8, 16], "size": 64},
        "spacing_mm": [0.1, 0.1, 1.0],
        "kind": "drawn",
        "seed": None,
    }
    make(FIGURE, 9, settings=settings)
    words = " ".join(line.lstrip("│ ") for line in tree(audited(folder), FIGURE)[1:3])
    assert words == (
        "scripts/plot.py, 2026-01-01 10:09; phenotypes (2 control, 1 infarct), mice Mouse1, ... (30), "
        "network (filters [8, 16], size 64), spacing_mm [0.1, 0.1, 1.0], kind drawn"
    )


def test_settings_that_differ_between_files_are_not_given_as_those_of_the_first(folder):
    make(MASKS[1], 1, settings={"alpha": 0.05, "decision": ["corrected", "A. Reader"]})
    make(MASKS[0], 0, settings={"alpha": 0.05, "decision": None})
    assert "alpha 0.05, decision (differs)" in tree(audited(folder), FIGURE)[5]


def test_a_rule_that_has_not_the_name_of_its_script_is_named(folder):
    make(FIGURE, 9, rule="plot_of_one")
    assert tree(audited(folder), FIGURE)[1].startswith("│  scripts/plot.py (rule plot_of_one), ")


def test_sources_are_listed_by_folder_with_their_digests(folder):
    assert source_table(audited(folder)) == ["*", "  mouse 47c5c28cae25    weights 9a129038d9a0"]
