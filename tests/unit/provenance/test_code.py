import ast
import json
import platform
import shutil
import subprocess
from importlib import metadata

import pytest

from murmur.provenance import code


@pytest.fixture
def scripts(root, tmp_path):
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    return tmp_path / "scripts"


def names(script):
    return {path.stem for path in code.modules_of(script)}


def test_modules_are_found_through_modules_and_inside_functions(scripts):
    assert {
        "mouse",
        "postprocessing",
        "unet3plus",
        "mouse_file",
        "files",
        "errors",
        "logs",
        "preprocessing",
    } <= names(scripts / "segment_mouse.py")
    assert "unet3plus" not in names(scripts / "measure_volumes.py")
    assert "checkpoint" in names(scripts / "train_network.py")


def test_packages_are_found(scripts):
    found = code.modules_of(scripts / "generate_phantom.py")
    assert any(path.parent.name == "phantom" for path in found)


# --- science ---------------------------------------------------------------------------------------------------------

FORMULA = """\
\"\"\"Measure volumes.\"\"\"
import numpy as np
from murmur.errors import BadInput


def volume(voxels, spacing=(0.1, 0.1, 1.0)):
    if not voxels:
        raise BadInput(f"{voxels}: found none, expected some")
    return len(voxels) * np.prod(spacing)
"""


def digest(tmp_path, text, name="measure.py"):
    code._read.cache_clear()
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    return code.science_digest(tmp_path / name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Measure volumes.", "Measure the volumes."),
        ('"""Measure volumes."""\n', ""),
        ("import numpy", "# arrays\nimport numpy"),
        ("0.1, 0.1, 1.0", "0.1,   0.1,\n    1.00"),
        (":\n    if", ':\n    """Volume in µL."""\n    if'),
        ("found none, expected some", "found nothing"),
        ("    return", "    print(f'{len(voxels)} voxels')\n    return"),
        ("    return", "    log.info('%d voxels', len(voxels))\n    return"),
        ("    return", "    say('voxels')\n    return"),
        ("import numpy as np\n", "import logging\nimport numpy as np\nlog = logging.getLogger(__name__)\n"),
        ("from murmur.errors import BadInput\n", "from murmur.errors import BadInput\nfrom murmur.logs import say\n"),
    ],
)
def test_what_cannot_change_a_result_leaves_the_digest(tmp_path, old, new):
    assert old in FORMULA
    assert digest(tmp_path, FORMULA.replace(old, new)) == digest(tmp_path, FORMULA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("len(voxels) *", "len(voxels) +"),
        ("1.0)", "1)"),
        ("if not", "if"),
        ("np.prod", "np.sum"),
        ("import numpy", "import cupy"),
        ("    return", "    print(voxels, file=open('table.csv', 'w'))\n    return"),
        ("raise BadInput(", "raise ValueError("),
        ("    return", "    style.say(axes, 'no mouse')\n    return"),
    ],
)
def test_what_may_change_a_result_changes_the_digest(tmp_path, old, new):
    assert old in FORMULA
    assert digest(tmp_path, FORMULA.replace(old, new)) != digest(tmp_path, FORMULA)


def test_description_of_a_progress_bar_is_text(tmp_path):
    loop = "for mouse in progress(mice, {}):\n    pass\n"
    assert digest(tmp_path, loop.format('"measuring", unit="mouse"')) == digest(tmp_path, loop.format('"reading"'))
    assert digest(tmp_path, loop.format("mice")) != digest(tmp_path, loop.format('"reading"'))


def test_fields_that_versions_of_python_add_or_omit_do_not_count():
    (function,) = ast.parse("def f(x): return x").body
    before = code._science(function)
    function.type_params, function.type_comment = [], None
    assert code._science(function) == before
    assert code._science(ast.parse("u'a'")) == code._science(ast.parse("'a'"))
    assert ascii(code._science(ast.parse("x = 1"))) != ascii(code._science(ast.parse("x = True")))


def test_plumbing_counts_by_its_format_only(tmp_path):
    (tmp_path / "scripts" / "murmur").mkdir(parents=True)
    (tmp_path / "scripts" / "murmur" / "__init__.py").write_text("")
    stamp = "scripts/murmur/provenance/stamp.py"
    first = digest(tmp_path, "FORMAT = 1\nWORDS = 'record'\n", stamp)
    assert digest(tmp_path, "FORMAT = 1  # one\nWORDS = 'records'\n", stamp) == first
    assert digest(tmp_path, "FORMAT = 2\nWORDS = 'record'\n", stamp) != first
    assert digest(tmp_path, "WORDS = 'record'\n", "scripts/murmur/job.py") == ""


def test_digest_of_a_job_changes_with_a_module_that_it_imports_and_no_other(scripts):
    def digests():
        code._read.cache_clear()
        return [code.science_of_job(scripts / f"{name}.py") for name in ("measure_overlap", "measure_volumes")]

    def append(path, text):
        with open(scripts / "murmur" / path, "a") as file:
            file.write(text)

    before = digests()
    append("measurement/overlap.py", "# a comment\n")
    append("job.py", "MORE = 1\n")
    assert digests() == before
    append("measurement/overlap.py", "MORE = 1\n")
    overlap, volumes = digests()
    assert overlap != before[0]
    assert volumes == before[1]
    science = code.science_of(scripts / "measure_overlap.py")
    assert {"scripts/measure_overlap.py", "scripts/murmur/measurement/overlap.py"} <= set(science)
    assert "scripts/murmur/job.py" not in science


@pytest.mark.parametrize("template", ["table.tex.j2", "table.html.j2", "page.html.j2"])
def test_a_template_counts_for_the_scripts_that_fill_it_in_and_no_other(scripts, template):
    def digests():
        code._read.cache_clear()
        code.modules_of.cache_clear()
        return {name: code.science_of_job(scripts / f"{name}.py") for name in ("tabulate_agreement", "measure_volumes")}

    before = digests()
    with (scripts / "murmur" / "presentation" / "templates" / template).open("a") as file:
        file.write("changed")
    after = digests()
    assert after["tabulate_agreement"] != before["tabulate_agreement"]
    assert after["measure_volumes"] == before["measure_volumes"]


def test_kept_digests_are_those_of_the_present_content(tmp_path):
    before = digest(tmp_path, FORMULA)
    note = tmp_path / "__pycache__" / "measure.science.json"
    assert digest(tmp_path, FORMULA) == before and json.loads(note.read_text())["found"][2] == before
    assert digest(tmp_path, FORMULA.replace("1.0)", "2.0)")) != before
    note.write_text("damaged")
    assert digest(tmp_path, FORMULA) == before


# --- software --------------------------------------------------------------------------------------------------------

CODE = """
import csv
import os.path, numpy.linalg as linalg
from murmur.errors import BadInput
from . import neighbour

def later():
    from skimage.measure import label
    import no_such_package
"""


def software(tmp_path, text):
    (tmp_path / "code.py").write_text(text)
    code._read.cache_clear()
    code.modules_of.cache_clear()
    return code.software_of(tmp_path / "code.py")


def test_packages_have_the_versions_of_their_distributions_wherever_they_are_imported(tmp_path):
    assert software(tmp_path, CODE) == {
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "scikit-image": metadata.version("scikit-image"),
    }
    assert code._read(tmp_path / "code.py").packages == {"numpy", "skimage", "no_such_package"}


def test_keras_names_what_it_computes_with(tmp_path):
    found = software(tmp_path, "def later():\n    import keras\n")
    assert found["keras"] == metadata.version("keras")
    assert any(name.startswith("tensorflow") for name in found)


def test_snakemake_is_left_to_the_workflow(tmp_path):
    assert set(software(tmp_path, "from snakemake.iocontainers import Snakemake\n")) == {"python"}


# --- commit ----------------------------------------------------------------------------------------------------------


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
    assert code.commit_of(checkout) == commit
    (checkout / "README.md").write_text("other words\n")
    (checkout / "results").mkdir()
    (checkout / "results" / "a.csv").write_text("1\n")
    assert code.commit_of(checkout) == commit, "neither text nor results are code"


@pytest.mark.parametrize("file", ["scripts/a.py", "scripts/new.py", "Snakefile", "rules/new.smk", "envs/new.yaml"])
def test_changed_code_is_marked(checkout, file):
    commit = code.commit_of(checkout)
    (checkout / file).parent.mkdir(exist_ok=True)
    (checkout / file).write_text("2\n")
    assert code.commit_of(checkout) == f"{commit}+"


def test_copy_inside_another_repository_has_no_commit_of_its_own(checkout):
    copy = checkout / "tools" / "murmur"
    (copy / "scripts").mkdir(parents=True)
    (copy / "Snakefile").write_text("")
    git(checkout, "add", ".")
    git(checkout, "commit", "--quiet", "--message", "a copy")
    assert code.commit_of(copy) == "unknown"
    assert len(code.commit_of(checkout)) == 40


def test_commit_is_unknown_without_a_checkout_or_git(checkout, tmp_path_factory, monkeypatch):
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    assert code.commit_of(outside) == "unknown"
    monkeypatch.setenv("PATH", str(outside))
    assert code.commit_of(checkout) == "unknown"
