"""The form of the code: formatting, lint, and documents that are written from other files."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from murmur.study.schema import schema
from write_config_readme import readme


def run(root, *command):
    result = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("command", [["ruff", "check", "."], ["ruff", "format", "--check", "."]])
def test_python(root, command):
    run(root, *command)


def test_snakemake_format(root):
    subprocess.run([Path(sys.executable).parent / "snakefmt", "--check", "Snakefile", "rules"], cwd=root, check=True)


def test_snakemake_lint(root, tmp_path):
    run(root, "snakemake", "--lint", "--directory", str(tmp_path), "--snakefile", "Snakefile")


@pytest.mark.parametrize("hook", ["onstart", "onsuccess", "onerror"])
def test_hooks_of_snakemake_are_defined_once(root, hook):
    """Snakemake calls the last definition only."""
    text = "\n".join(path.read_text() for path in (root / "Snakefile", *(root / "rules").glob("*.smk")))
    assert text.count(f"\n{hook}:") <= 1


def test_config_readme_is_in_step_with_the_schema(root):
    assert (root / "config" / "README.md").read_text() == readme(), "run: python tools/write_config_readme.py"


def keys(rules):
    for key, inner in rules.get("properties", {}).items():
        yield key, inner
        yield from keys(inner)
    if isinstance(rules.get("additionalProperties"), dict):
        yield from keys(rules["additionalProperties"])


def test_schema_is_closed_and_described():
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
    for key, rules in keys(schema()):
        assert rules.get("description"), key
        assert rules["type"] != "object" or rules.get("additionalProperties") is not None, key


def test_each_script_has_the_name_of_its_rule(root):
    rules = "\n".join(path.read_text() for path in (root / "rules").glob("*.smk"))
    for script in (root / "scripts").glob("*.py"):
        named = f"rule {script.stem}:" in rules or f'f"{script.stem}_' in rules
        assert named, script.stem
        assert f'"../scripts/{script.name}"' in rules


def test_files_of_rules_are_short(root):
    for path in [root / "Snakefile", *(root / "rules").glob("*.smk")]:
        assert len(path.read_text().splitlines()) <= 400, path.name


def test_rules_depend_on_their_code_except_verified_downloads(root):
    rules = "\n".join(path.read_text() for path in (root / "rules").glob("*.smk"))
    for rule, script in re.findall(r'(.*?)"\.\./scripts/(\w+)\.py"', rules, re.DOTALL):
        assert (f'code=code("{script}")' in rule) != (script in ("obtain_mouse", "obtain_weights")), script


def test_demo_and_examples_are_yaml_that_the_schema_accepts(root):
    from jsonschema import Draft202012Validator

    for path in [*(root / "config").glob("*.yaml"), *(root / "config" / "examples").glob("*.yaml")]:
        Draft202012Validator(schema()).validate(yaml.safe_load(path.read_text()))


def needs_sections(function: ast.FunctionDef) -> bool:
    """Whether a function takes or returns arrays or tables, or takes more than three arguments."""
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    annotations = [ast.unparse(node) for node in [*(one.annotation for one in given), function.returns] if node]
    return len(given) > 3 or any(kind in text for text in annotations for kind in ("ndarray", "DataFrame", "Series"))


@pytest.mark.parametrize("room", ["data", "measurement", "statistics"])
def test_functions_with_arrays_or_many_arguments_have_numpy_sections(root, room):
    for path in sorted((root / "scripts" / "murmur" / room).glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and needs_sections(node):
                sections = ast.get_docstring(node).splitlines()
                assert {"Parameters", "Returns", "Yields"} & set(sections), f"{path.name}: {node.name}"
