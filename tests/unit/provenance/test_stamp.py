import re
import zipfile

import numpy as np
import pandas as pd
import pytest

import render_movies
import write_results
from murmur.csv_tables import write_csv
from murmur.presentation import style
from murmur.presentation.printed_table import PrintedTable, write_table
from murmur.provenance.stamp import Stamp, read_stamp, stamp, stamping

OURS = Stamp("my_study-2.1", "ab" * 32, "cd" * 20 + "+")


def draw(path):
    with style.printed_figure([path], 30, 20) as figure:
        figure.add_subplot().plot([0, 1])


def print_table(path):
    write_table(PrintedTable("Table 1", "Agreement", ["", "Bias"], [["EF (%)", "1.0"]], "All mice."), [path])


def render(path):
    panel = render_movies.Panel(np.zeros((8, 8)), np.zeros((8, 8), np.uint8), "words")
    path.write_bytes(render_movies.encode([render_movies.Still(panel, panel, 40)] * 2, "title", 64, 1.0))


def write_words(path):
    agreement = path.with_name("agreement.csv")
    write_csv(pd.DataFrame({"metric": []}), agreement)
    write_results.main(agreement, path, "mine", "net", alpha=0.05, power=0.8)


WRITERS = {"pdf": draw, "svg": draw, "png": draw, "gif": render, "md": write_words}
WRITERS |= dict.fromkeys(("html", "tex", "docx"), print_table)


@pytest.fixture(autouse=True)
def no_paragraphs(monkeypatch):
    monkeypatch.setattr(write_results, "sections", lambda *tables: {"Agreement": ["None."]})


@pytest.mark.parametrize("suffix", WRITERS)
def test_stamp_is_read_back(tmp_path, suffix):
    path = tmp_path / f"file.{suffix}"
    with stamping(OURS):
        WRITERS[suffix](path)
    assert read_stamp(path) == OURS
    path.rename(tmp_path / "detached")
    (tmp_path / "detached").rename(tmp_path / f"other.{suffix}")
    assert read_stamp(tmp_path / f"other.{suffix}") == OURS


@pytest.mark.parametrize("suffix", WRITERS)
def test_file_is_the_same_whenever_it_is_written(tmp_path, suffix, monkeypatch):
    with stamping(OURS):
        WRITERS[suffix](tmp_path / f"first.{suffix}")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
        monkeypatch.setattr("time.time", lambda: 2e9)
        WRITERS[suffix](tmp_path / f"second.{suffix}")
    assert (tmp_path / f"first.{suffix}").read_bytes() == (tmp_path / f"second.{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", WRITERS)
def test_nothing_is_stamped_outside_a_job(tmp_path, suffix):
    path = tmp_path / f"file.{suffix}"
    WRITERS[suffix](path)
    assert read_stamp(path) is None
    contents = [path.read_bytes()]
    if suffix == "docx":
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    assert not any(re.search(rb"Murmur study", content) for content in contents)


def test_stamp_ends_with_its_block():
    with pytest.raises(ValueError), stamping(OURS):
        assert stamp() == f"Murmur study my_study-2.1, record {'ab' * 32}, commit {'cd' * 20}+"
        raise ValueError
    assert stamp() == ""


@pytest.mark.parametrize("commit", ["unknown", "cd" * 20])
def test_commit_may_be_clean_or_unknown(tmp_path, commit):
    path = tmp_path / "file.tex"
    with stamping(OURS._replace(commit=commit)):
        print_table(path)
    assert read_stamp(path) == OURS._replace(commit=commit)
