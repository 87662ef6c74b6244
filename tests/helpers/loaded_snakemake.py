"""Calls of Snakemake without the second that it takes to import it.

A server imports Snakemake and forks for each call, one after the other. The fork takes over folder, environment,
arguments, path of imports and output of the call, and runs Snakemake as `python -m snakemake` does. Of Murmur, only the
plugin for the terminal is imported before the fork: each call imports the modules of its checkout as they are then.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import loaded_jobs


def call(arguments: list[str], folder: Path, environment: Mapping[str, str], timeout: int) -> tuple[int, str]:
    """Return status and output of Snakemake, called in `folder`; after `timeout` seconds it is ended by SIGALRM."""
    server = _server(environment["PYTHONPATH"])
    with tempfile.NamedTemporaryFile("r") as output:
        request = arguments, str(folder), dict(environment), timeout, output.name, loaded_jobs.python()
        print(json.dumps(request), file=server.stdin, flush=True)
        return int(server.stdout.readline()), output.read()


@functools.cache
def _server(path: str) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}  # no threads that a fork would lose
    server = subprocess.Popen([sys.executable, __file__], env=environment, stdin=-1, stdout=-1, text=True)
    atexit.register(server.communicate)  # the end of its input ends it
    return server


def _serve() -> None:
    import snakemake.cli

    for module in ("h5py", "jsonschema", "pandas"):
        importlib.import_module(module)
    snakemake.cli.get_argument_parser()  # imports the plugins
    gc.freeze()  # otherwise, each fork would search it for garbage
    for line in sys.stdin:
        fork = os.fork()
        if not fork:
            _run(*json.loads(line))  # which exits
        print(os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]), flush=True)


def _run(
    arguments: list[str], folder: str, environment: dict[str, str], timeout: int, output: str, python: str
) -> None:
    signal.alarm(timeout)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), 1)
    os.dup2(1, 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:], sys.path[0] = arguments, folder
    sys.executable = python  # which runs the scripts of the jobs
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
