"""Worker processes as seen by the server: orders are answered one after another, and can be cancelled at any time."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from murmur.errors import BadInput

ROOT = Path(__file__).resolve().parents[1]
LONGEST_ANSWER = 2**24  # bytes of a line
GONE = "found that the process that computes has ended, probably for lack of memory; close other programs and try again"

Report = Callable[[str, int, int | None], None]


class Worker:
    """A process `page.worker`, which is started when it is needed and again after an order was cancelled."""

    def __init__(self):
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self.first: tuple[str, dict] | None = None  # an order with which a new process begins

    async def order(self, task: str, report: Report | None = None, **arguments):
        """Return the result of a task of `page.tasks`; `report` is called with its progress.

        If the caller is cancelled, the process is killed. Raises BadInput for what is wrong with the user's files.
        """
        async with self._turn:
            try:
                if self._process is None:
                    await self._start()
                return await self._ask(task, report, arguments)
            except BaseException as error:
                ended = self._process is None or self._process.returncode is not None
                if ended or not isinstance(error, BadInput):
                    await self.stop()
                raise

    async def _start(self) -> None:
        path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "page.worker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            limit=LONGEST_ANSWER,
            start_new_session=True,  # Ctrl+C ends the server first, and the server ends its workers
        )
        if self.first:
            await self._ask(self.first[0], None, self.first[1])

    async def _ask(self, task: str, report: Report | None, arguments: dict):
        self._process.stdin.write(json.dumps({"task": task, "arguments": arguments}).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()
        while line := await self._process.stdout.readline():
            answer = json.loads(line)
            if "progress" in answer:
                if report:
                    report(*answer["progress"])
            elif "problem" in answer:
                raise BadInput(answer["problem"])
            else:
                return answer["result"]
        await self._process.wait()
        raise BadInput(GONE)

    async def stop(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Workers:
    """The processes that work for all sessions: one with the network, one for what is small, one for many files.

    Uploads and downloads, which take long, do not delay corrections in this way.
    """

    def __init__(self, weights: str):
        self.network, self.general, self.files = Worker(), Worker(), Worker()
        self.ready = False
        self.network.first = ("ready", {"weights": weights})
        self.general.first = self.files.first = ("awake", {})

    async def warm(self) -> None:
        """Start them, so that the first upload need not wait."""
        workers = (self.files, self.general, self.network)
        await asyncio.gather(*(worker.order(*worker.first[:1], **worker.first[1]) for worker in workers))
        self.ready = True

    async def stop(self) -> None:
        """End them."""
        await asyncio.gather(*(worker.stop() for worker in (self.network, self.general, self.files)))
