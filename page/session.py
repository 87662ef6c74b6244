"""Sessions: the files of each open page, in a temporary folder that is deleted when it is closed."""

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from murmur.errors import BadInput
from page.jobs import Workers

MOST_SESSIONS = 8
MOST_STORED = 16 * 2**30  # bytes of a session, before another upload
KEPT_SECONDS = 60  # without a page that listens, for example while it is loaded again
RELOADED_SECONDS = 5  # for which it is kept even if others ask for its place
PREFIX = "murmur-page-"
# Deletes the folder when the server ends, even if it is killed; the pause lets its workers end first.
DELETE = "import shutil, sys, time; sys.stdin.read(); time.sleep(1); shutil.rmtree(sys.argv[1], ignore_errors=True)"


@dataclass
class Mouse:
    """A scan of a session, and how far it has come.

    Attributes
    ----------
    scan : dict
        Fields of `page.scans.Scan`.
    found : dict
        Spacing and frame interval of the header, None if it does not give them.
    state : str
        reading, question, preparing (the network), waiting, segmenting, measuring, done, stopped or failed.
    """

    scan: dict
    found: dict
    state: str = "reading"
    has_images: bool = False
    odd: list[str] = field(default_factory=list)
    progress: float = 0.0
    problem: str = ""
    result: dict | None = None
    version: int = 0  # of the masks
    work: asyncio.Task | None = None

    def shown(self) -> dict:
        """Return what the page shows."""
        scan = ("name", "kind", "joined", "shape", "spacing_mm", "frame_interval_ms")
        names = ("found", "state", "has_images", "odd", "progress", "problem", "result", "version")
        return {name: self.scan[name] for name in scan} | {name: getattr(self, name) for name in names}


class Stopped(Exception):
    """Raised where the user has stopped an upload or a download."""


@dataclass
class Long:
    """Something that takes long: what it is and how far it has come, in words, and its task."""

    name: str
    progress: str = ""
    work: asyncio.Task | None = None
    stopped: bool = False


@dataclass
class Upload:
    """The files that were received of an upload, by name and path, and the bytes of all that has arrived."""

    name: str
    files: list[tuple[str, str]] = field(default_factory=list)
    bytes: int = 0

    def delete(self) -> None:
        """Delete the files."""
        for _, path in self.files:
            Path(path).unlink(missing_ok=True)


class Session:
    """The mice of an open page."""

    def __init__(self, folder: Path, weights: str, workers: Workers):
        self.token = secrets.token_hex(16)
        self.folder, self.weights, self.workers = folder / self.token, weights, workers
        for name in ("study/mice", "view", "received"):
            (self.folder / name).mkdir(parents=True)
        self.mice: dict[str, Mouse] = {}
        self.problems: list[str] = []  # with the last download
        self.long: list[Long] = []
        self.upload = Upload("")
        self.uploads = self.files = 0
        self.listeners, self.left = 0, time.monotonic()
        self._changed = asyncio.Event()

    @property
    def _root(self) -> dict:
        return {"root": str(self.folder)}

    @property
    def _study(self) -> dict:
        return self._root | {"weights": self.weights}

    def shown(self) -> str:
        """Return the state of the session, as JSON."""
        mice = [mouse.shown() for mouse in self.mice.values()]
        reader = "" if self.weights == "murmur" else Path(self.weights).name
        long = [{"name": each.name, "progress": each.progress} for each in self.long]
        return json.dumps({"mice": mice, "problems": self.problems, "long": long, "reader": reader})

    def closed_for(self) -> float:
        """Return for how many seconds no page has listened; 0 if one does."""
        return 0.0 if self.listeners else time.monotonic() - self.left

    def changed(self) -> None:
        """Let the listening pages know that the state has changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait until the state changes, at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    def begin_upload(self, name: str) -> "Upload":
        """Return the upload of a name; what was received of another is deleted. Raises BadInput if there is no room."""
        if self.upload.name != name:
            self.end_upload(name)
            stored = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
            if stored > MOST_STORED:
                raise BadInput(
                    f"found {stored / 2**30:.0f} GiB of scans on this page, expected at most {MOST_STORED / 2**30:.0f} "
                    "before another is added; download what you need, and remove mice"
                )
        return self.upload

    def end_upload(self, name: str = "") -> None:
        """Delete what was received of an upload; another begins."""
        self.upload.delete()
        self.upload = Upload(name)

    async def read(self) -> list[str]:
        """Find the scans in what was received, and segment those whose spacing and frame interval are known.

        Returns what is wrong with the files.
        """
        upload, self.upload = self.upload, Upload("")
        self.uploads += 1
        order = {"received": upload.files, "taken": list(self.mice), "number": self.uploads}
        try:
            found = await self._run("Looking for scans", "read", **order, **self._root)
        except Stopped:
            upload.delete()
            await asyncio.to_thread(shutil.rmtree, self.folder / "uploads" / f"{order['number']}", ignore_errors=True)
            raise
        for scan in found["scans"]:
            self._add(scan)
        self.changed()
        return found["problems"]

    async def _run(self, words: str, task: str, **arguments):
        """Return the result of a task, whose progress the page shows. Raises Stopped if it was stopped from there."""
        long = Long(words)

        def report(description: str, done: int, total: int | None) -> None:
            long.progress = f"{description} {min(done + 1, total)} of {total}" if total else description
            self.changed()

        self.long.append(long)
        self.changed()
        long.work = asyncio.create_task(self.workers.files.order(task, report, **arguments))
        try:
            return await long.work
        except asyncio.CancelledError:
            if long.stopped:
                raise Stopped from None
            long.work.cancel()
            raise
        finally:
            self.long.remove(long)
            self.changed()

    def stop_long(self) -> None:
        """Stop what takes long: uploads and downloads."""
        for long in self.long:
            long.stopped = True
            long.work.cancel()

    async def simulate(self) -> None:
        """Add a simulated mouse."""
        self.uploads += 1
        order = {"number": self.uploads, "taken": list(self.mice)} | self._root
        self._add(await self.workers.general.order("simulate", **order))

    def _add(self, scan: dict) -> None:
        """Add a scan, and begin to work on it."""
        header = {name: scan[name] for name in ("spacing_mm", "frame_interval_ms")}
        if scan["shape"][3] == 1:  # nothing depends on the frame interval
            scan = scan | {"frame_interval_ms": scan["frame_interval_ms"] or 1.0}
        mouse = self.mice[scan["name"]] = Mouse(scan, header)
        self.begin(mouse)

    def begin(self, mouse: Mouse) -> None:
        """Work on a mouse in the background, from the beginning."""
        if mouse.work:
            mouse.work.cancel()
        mouse.work = asyncio.create_task(self._work(mouse))

    async def _work(self, mouse: Mouse) -> None:
        name = mouse.scan["name"]
        mouse.problem, mouse.progress, mouse.result = "", 0.0, None
        try:
            self._set(mouse, "reading")
            answer = await self.workers.general.order("prepare", scan=mouse.scan, **self._root)
            mouse.odd, mouse.has_images = answer["odd"], True
            if mouse.scan["spacing_mm"] is None or mouse.scan["frame_interval_ms"] is None:
                self._set(mouse, "question")
                return
            self._set(mouse, "waiting" if self.workers.ready else "preparing")
            await self.workers.network.order("segment", self._report(mouse), mouse=name, **self._study)
            mouse.result = await self.workers.general.order("outline", mouse=name, **self._study)
            mouse.version += 1
            self._set(mouse, "measuring")
            mouse.result = await self.workers.general.order("measure", mouse=name, **self._study)
            self._set(mouse, "done")
        except BadInput as problem:
            mouse.problem, mouse.result = self.in_words(str(problem)), None
            self._set(mouse, "failed")
        except asyncio.CancelledError:
            mouse.result = None
            self._set(mouse, "stopped")
            raise

    def in_words(self, problem: str) -> str:
        """Return a message without the paths of the session, which are nothing to the user."""
        return re.sub(rf"({re.escape(str(self.folder))}/)?((study/)?mice/|uploads/\d+/(scan\d+/)?)", "", problem)

    def _set(self, mouse: Mouse, state: str) -> None:
        mouse.state = state
        self.changed()

    def _report(self, mouse: Mouse):
        def report(description: str, done: int, total: int | None) -> None:
            whole = total == mouse.scan["shape"][2]  # not the coarse pass
            mouse.state, mouse.progress = "segmenting", done / total if whole and total else 0.0
            self.changed()

        return report

    def set_grid(self, name: str, spacing_mm: list[float], frame_interval_ms: float) -> None:
        """Take spacing and frame interval from the user, and compute the mouse again."""
        mouse = self.mice[name]
        mouse.scan = mouse.scan | {"spacing_mm": spacing_mm, "frame_interval_ms": frame_interval_ms}
        self.begin(mouse)

    def stop(self, name: str) -> None:
        """Stop the computation of a mouse."""
        if (work := self.mice[name].work) and not work.done():
            work.cancel()

    async def remove(self, name: str) -> None:
        """Forget a mouse."""
        self.stop(name)
        path = self.mice.pop(name).scan["path"]
        shared = any(mouse.scan["path"] == path for mouse in self.mice.values())  # by cines of one session
        await self.workers.general.order("forget", mouse=name, scan=None if shared else path, **self._study)
        self.changed()

    async def update(self, name: str, task: str, **arguments) -> dict:
        """Change the masks or the frames of a mouse; return its new values."""
        mouse = self.mice[name]
        mouse.result = await self.workers.general.order(task, mouse=name, **arguments, **self._study)
        self.changed()
        return mouse.result

    async def make(self, what: str, task: str, **arguments) -> str:
        """Make a file to download and return its path. Raises Stopped if it was stopped."""
        self.problems = []
        try:
            return await self._run(f"Preparing {what}", task, **arguments, **self._study)
        except BadInput as problem:
            self.problems = [self.in_words(str(problem))]
            raise
        finally:
            self.changed()

    @property
    def done(self) -> list[str]:
        """The mice that have been measured."""
        return [name for name, mouse in self.mice.items() if mouse.state == "done"]

    async def end(self) -> None:
        """Stop all work and delete all files."""
        self.stop_long()
        for mouse in self.mice.values():
            self.stop(mouse.scan["name"])
        await asyncio.gather(*(m.work for m in self.mice.values() if m.work), return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


class Sessions:
    """All open sessions, and the folder with their files."""

    def __init__(self, weights: str):
        self.weights, self.workers = weights, Workers(weights)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._guard = subprocess.Popen(
            [sys.executable, "-c", DELETE, str(self.folder)], stdin=subprocess.PIPE, start_new_session=True
        )
        self.open: dict[str, Session] = {}

    async def new(self) -> Session:
        """Open a session, in place of that closed first if there are too many. Raises BadInput if all are in use."""
        if len(self.open) >= MOST_SESSIONS:
            closed = [session for session in self.open.values() if session.closed_for() > RELOADED_SECONDS]
            if closed:
                await self.end(max(closed, key=Session.closed_for).token)
        if len(self.open) >= MOST_SESSIONS:
            raise BadInput(
                f"found {MOST_SESSIONS} open pages, expected fewer; close one and load this page again in some seconds"
            )
        session = Session(self.folder, self.weights, self.workers)
        self.open[session.token] = session
        return session

    async def end(self, token: str) -> None:
        """End a session."""
        if session := self.open.pop(token, None):
            await session.end()

    async def end_forgotten(self) -> None:
        """End sessions whose page has been closed, again and again."""
        while True:
            await asyncio.sleep(5)
            for token, session in list(self.open.items()):
                if session.closed_for() > KEPT_SECONDS:
                    await self.end(token)

    async def close(self) -> None:
        """End all sessions and processes, and delete all files."""
        for token in list(self.open):
            await self.end(token)
        await self.workers.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._guard.stdin.close()
        await asyncio.to_thread(self._guard.wait)
