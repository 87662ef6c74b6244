import pytest

from murmur.errors import BadInput
from murmur.study.study_file import read_study_file, refuse_forgotten, with_line

GOOD = """study: mine
cohorts:
  first.1:
    spacing_mm: [0.1, 0.1,
                 1.0]
  "second": &two {source: {folder: a}}
  third: *two
"""


def test_line_of_every_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(GOOD, encoding="utf-8-sig")
    lines = read_study_file("mine.yaml")
    assert lines["study"] == 1
    assert lines["cohorts.first.1.spacing_mm"] == 4
    assert lines["cohorts.second.source.folder"] == 6
    assert with_line("cohorts.first.1.spacing_mm, number 3: found 0", {"mine.yaml": lines}).startswith(
        "mine.yaml, line 5: "
    )
    problem = "cohorts.first.1.spacing_mm: found 0"
    assert with_line(problem, {"mine.yaml": lines}) == f"mine.yaml, line 4: {problem}"
    assert with_line("people.tsv: found G1 twice", {"mine.yaml": lines}) == "people.tsv: found G1 twice"


def test_later_study_file_overrides(tmp_path):
    assert (
        with_line("study: found 1", {"a.yaml": {"study": 1}, "b.yaml": {"study": 3}})
        == "b.yaml, line 3: study: found 1"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "study: a\ncohorts:\n  mine: {}\n  mine: {}\n",
            ", line 4: found the key cohorts.mine, which is on line 3 as",
        ),
        (
            "study: a\ncohorts:\n\tmine: 1\n",
            ", line 3, column 1: found a tab, expected spaces; indent with spaces: mine: 1",
        ),
        ('study: a\nfolder: "C:\\Users\\me"\n', ", line 2, column 14: found a backslash in double quotes"),
        ("study: a\ncohorts: [1, 2\nreaders: {}\n", ", line 3, column 8: found "),
        ("", ": found an empty file, expected keys such as study"),
        ("# only a comment\n", ": found an empty file, expected keys such as study"),
        ("\n- a\n- b\n", ", line 2: found no keys at the left margin"),
        ("a: &x {b: *x}\n", ": found keys nested without end"),
        ("study: a\0\n", ": found unacceptable character #x0000"),
        ("study: a".encode("utf-16"), ": found text that is not UTF-8"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_its_place(tmp_path, monkeypatch, content, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as refused:
        read_study_file("mine.yaml")
    assert str(refused.value).startswith("mine.yaml" + expected)
    assert "\n" not in str(refused.value)


def test_missing_file_and_folder_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_study.yaml").touch()
    with pytest.raises(BadInput, match=r"^my_stduy.yaml: found no such file, .*did you mean 'my_study.yaml'\?$"):
        read_study_file("my_stduy.yaml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match="^folder: found a folder, expected a study file"):
        read_study_file("folder")


def test_stage_after_configfile_is_named():
    with pytest.raises(
        BadInput, match="^figures: found no such file, .*; names of stages and results stand before --conf"
    ):
        read_study_file("figures")


def test_study_file_of_the_folder_is_not_forgotten(tmp_path):
    (tmp_path / "people.yaml").write_text("names: [a]\n")
    (tmp_path / "broken.yaml").write_text("study: x\n\tcohorts: 1\n")
    refuse_forgotten(str(tmp_path), "demo.yaml")
    (tmp_path / "mine.yaml").write_text("study: mine\ncohorts: {}\n")
    with pytest.raises(
        BadInput, match="^--configfile: found none, but mine.yaml in this folder; add --configfile mine"
    ):
        refuse_forgotten(str(tmp_path), "demo.yaml")
