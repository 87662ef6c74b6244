import subprocess

import pytest

from murmur.provenance.commit import commit_of


def git(folder, *words):
    identity = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path):
    """A git checkout with a script and a page of text."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "a.py").write_text("1\n")
    (tmp_path / "README.md").write_text("words\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


def test_clean_checkout_is_at_its_commit(checkout):
    commit = git(checkout, "rev-parse", "HEAD").strip()
    assert len(commit) == 40
    assert commit_of(checkout) == commit
    (checkout / "README.md").write_text("other words\n")
    (checkout / "results").mkdir()
    (checkout / "results" / "a.csv").write_text("1\n")
    assert commit_of(checkout) == commit, "neither text nor results are code"


@pytest.mark.parametrize("file", ["scripts/a.py", "scripts/new.py", "Snakefile", "rules/new.smk", "envs/new.yaml"])
def test_changed_code_is_marked(checkout, file):
    commit = commit_of(checkout)
    (checkout / file).parent.mkdir(exist_ok=True)
    (checkout / file).write_text("2\n")
    assert commit_of(checkout) == f"{commit}+"


def test_commit_is_unknown_without_a_checkout_or_git(checkout, tmp_path_factory, monkeypatch):
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    assert commit_of(outside) == "unknown"
    monkeypatch.setenv("PATH", str(outside))
    assert commit_of(checkout) == "unknown"
