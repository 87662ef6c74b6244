"""The page and the corpus of bad inputs call the scripts of the workflow with the arguments that they take."""

import ast
import inspect
from importlib import import_module

import pytest


def calls(folder):
    """Return the calls of `main` of scripts in a folder: place, script and the call."""
    return [
        pytest.param(node.func.value.id, node, id=f"{path.name}:{node.lineno}:{node.func.value.id}")
        for path in sorted(folder.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".main") and len(node.args + node.keywords)
    ]


def pytest_generate_tests(metafunc):
    folders = [metafunc.config.rootpath / name for name in ("page", "tests/bad_input")]
    metafunc.parametrize("script, call", [call for folder in folders for call in calls(folder)])


def test_arguments_fit(script, call):
    parameters = inspect.signature(import_module(script).main)
    given = {keyword.arg: None for keyword in call.keywords if keyword.arg}
    places = [argument for argument in call.args if not isinstance(argument, ast.Starred)]
    complete = len(given) + len(places) == len(call.keywords) + len(call.args)
    (parameters.bind if complete else parameters.bind_partial)(*places, **given)
