import ast
import re
import sys

import pytest
import yaml

INSTALLED_AS = {
    "docx": "python-docx",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "surface_distance": "surface-distance",
    "yaml": "pyyaml",
}


def pins(lines):
    found = (re.match(r"([A-Za-z0-9_.-]+)(?:\[[a-z-]+\])?==([^\s;]+)", line) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


@pytest.fixture(scope="module")
def pinned(root):
    return pins((root / "envs" / "requirements.txt").read_text().splitlines())


def packages(root, name):
    dependencies = yaml.safe_load((root / "envs" / f"{name}.yaml").read_text())["dependencies"]
    listed = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    found = pins(listed)
    assert len(found) == len(listed), "every package is pinned"
    return found


@pytest.mark.parametrize("name", ["launcher", "analysis", "training"])
def test_environment_has_the_pinned_versions(root, pinned, name):
    for package, version in packages(root, name).items():
        assert pinned[package] == version, package


def test_what_is_asked_for_is_pinned(root, pinned):
    asked = pins((root / "envs" / "requirements.in").read_text().splitlines())
    assert asked.items() <= pinned.items()


def test_every_requirement_has_a_hash_and_none_an_address(root):
    text = (root / "envs" / "requirements.txt").read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def imported(files):
    names = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
    return {INSTALLED_AS.get(name, name) for name in names - set(sys.stdlib_module_names) - {"murmur", "snakemake"}}


def test_each_script_finds_what_it_imports(root):
    """Every rule's environment holds the packages that its script imports, directly or through the library."""
    from murmur.modules import modules_of

    rules = "\n".join(path.read_text() for path in (root / "rules").glob("*.smk"))
    used = re.findall(r'conda:\s+"\.\./envs/(\w+)\.yaml".*?script:\s+"\.\./scripts/(\w+)\.py"', rules, re.DOTALL)
    assert sorted(script for _, script in used) == sorted(path.stem for path in (root / "scripts").glob("*.py"))
    for environment, script in used:
        file = root / "scripts" / f"{script}.py"
        missing = imported([file, *modules_of(file)]) - set(packages(root, environment))
        assert not missing, f"{script} in {environment}"


def test_only_training_and_segmentation_import_tensorflow(root):
    from murmur.modules import modules_of

    for file in (root / "scripts").glob("*.py"):
        heavy = {"keras", "tensorflow"} & imported([file, *modules_of(file)])
        assert bool(heavy) == (file.stem in {"train_network", "segment_mouse"}), file
