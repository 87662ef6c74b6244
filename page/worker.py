"""A process that does what takes time for the server: it reads orders from stdin and answers on stdout, as JSON lines.

It ends when the server ends, however that happens. One worker keeps the network ready; another does everything else,
so that the page remains usable while masks are computed.
"""

import json
import logging
import os
import queue
import threading
import traceback
from collections.abc import Callable
from importlib import import_module

from murmur.errors import BadInput, machine_fault
from murmur.logs import watched

# the modules of tasks that are not in page.tasks, which are imported when they are needed
WHERE = dict.fromkeys(("table", "masks", "nifti", "movie", "everything"), "page.downloads")
WHERE["summary"] = "page.summary"
UNEXPECTED = "found an error that was not expected, see the terminal in which the page was started; report it"


def main() -> None:
    """Answer orders until stdin is closed."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    orders: queue.Queue[dict] = queue.Queue()
    threading.Thread(target=_listen, args=(orders.put,), daemon=True).start()

    logging.disable(logging.WARNING)  # of headers; the page asks about what is missing

    def report(description: str, done: int, total: int | None) -> None:
        print(json.dumps({"progress": [description, done, total]}), file=answers)

    with watched(report):
        while True:
            order = orders.get()
            print(json.dumps(_answer(order["task"], order["arguments"])), file=answers)


def _listen(put: Callable[[dict], None]) -> None:
    """Pass on the orders on stdin; end the process, whatever it is doing, when stdin is closed."""
    with open(0, "rb", buffering=0, closefd=False) as stdin:  # not sys.stdin, which processes lock when they fork
        for line in iter(stdin.readline, b""):
            put(json.loads(line))
    os._exit(0)


def _answer(task: str, arguments: dict) -> dict:
    """Return the result of a task, or in one sentence why there is none."""
    try:
        if "root" in arguments:
            os.chdir(f"{arguments['root']}/study")
        return {"result": getattr(import_module(WHERE.get(task, "page.tasks")), task)(**arguments)}
    except BadInput as problem:
        return {"problem": str(problem)}
    except Exception as error:
        if fault := machine_fault(error):
            return {"problem": fault[0]}
        traceback.print_exc()
        return {"problem": UNEXPECTED}
    finally:
        os.chdir("/")  # the folder may be deleted


if __name__ == "__main__":
    main()
