"""The page calls the scripts of the workflow with the arguments that they take."""

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
    metafunc.parametrize("script, call", calls(metafunc.config.rootpath / "page"))


def test_arguments_fit(script, call):
    parameters = inspect.signature(import_module(script).main)
    given = {keyword.arg: None for keyword in call.keywords if keyword.arg}
    unpacked = len(given) < len(call.keywords)
    (parameters.bind_partial if unpacked else parameters.bind)(*call.args, **given)
