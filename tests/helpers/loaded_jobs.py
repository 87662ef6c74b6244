"""Scripts of jobs without the second that it takes to import their libraries.

A server imports libraries and forks for each script. A program stands in for Python: it hands a script with its folder,
its environment and its output to the server, and ends as the script does. Of Murmur, nothing is imported before the
fork: each job imports the modules of its checkout as they are then.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARIES = (
    "docx",
    "h5py",
    "jinja2",
    "matplotlib.backends.backend_pdf",
    "matplotlib.pyplot",
    "nibabel",
    "pandas",
    "pingouin",
    "scipy.stats",
    "seaborn",
    "skimage",
    "snakemake.script",
)

PROGRAM = """#!{python} -IS
import json, os, signal, socket, sys
if len(sys.argv) != 2:  # no script
    os.execv("{python}", ["{python}", *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect("{address}")
socket.send_fds(server, [json.dumps([sys.argv[1], os.getcwd(), dict(os.environ)]).encode()], [0, 1, 2])
status = int(server.recv(9) or 1)
if status < 0:  # ended by a signal
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


@functools.cache
def python() -> str:
    """Start the server, once for each process of the tests, and return the path of the program."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    address, program = f"{folder}/server", Path(folder, "python")
    program.write_text(PROGRAM.format(python=sys.executable, address=address))
    program.chmod(0o755)
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # no threads that a fork would lose
    server = subprocess.Popen([sys.executable, __file__, address], env=environment, stdin=-1, stdout=-1)
    server.stdout.readline()
    atexit.register(server.communicate)  # the end of its input ends it
    return str(program)


def _serve(address: str) -> None:
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _ = server.accept()
            if not os.fork():
                _watch(connection)  # which exits
            connection.close()


def _watch(connection: socket.socket) -> None:
    """Run a script in a further fork and return its status; end it with the program that waits for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, files, *_ = socket.recv_fds(connection, 1 << 20, 3)
    job = os.fork()
    if not job:
        _run(*json.loads(request), files)  # which exits
    process = os.pidfd_open(job)
    if process not in select.select([process, connection], [], [])[0]:
        os.kill(job, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    with contextlib.suppress(BrokenPipeError):
        connection.send(str(status).encode())
    os._exit(0)


def _run(script: str, folder: str, environment: dict[str, str], files: list[int]) -> None:
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = [script]
    sys.path[:1] = [str(Path(script).parent), *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("sitecustomize")
    runpy.run_path(script, run_name="__main__")
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(0)  # Python would take its time to forget all libraries


if __name__ == "__main__":
    _serve(sys.argv[1])
