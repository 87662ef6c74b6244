"""The server of the page: files of `static/`, an interface for its scripts, and the rules on who may use it."""

import asyncio
import contextlib
import json
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from murmur.errors import BadInput
from page.session import Mouse, Session, Sessions, Stopped
from page.upload import LONGEST_NAME, MOST_BYTES, MOST_FILES

STATIC = Path(__file__).parent / "static"
LARGEST_GRID, LARGEST_INTERVAL = 100.0, 10_000.0  # mm, ms
HEARTBEAT = 15  # seconds
LONGEST_OBJECT = 10_000  # bytes of JSON
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class OnlyThisPage:
    """Refuses requests that name another host, or that a page of another origin sends, and adds HEADERS."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]):
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        if reason := self._refused(Headers(scope=scope)):
            await PlainTextResponse(reason, 403)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _refused(self, headers: Headers) -> str:
        """Return why a request is refused; empty if it is not."""
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if host not in self.hosts:
            return f"Found the host '{host[:100]}', expected {' or '.join(sorted(self.hosts))}."
        if origin is not None and origin != f"http://{host}":
            return "Found a request from another page, expected one from this page."
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "Found a request from another site, expected one from this page."
        return ""


def _session(request: Request) -> Session:
    """Return the session of a request. Raises BadInput if it has ended."""
    sessions: Sessions = request.app.state.sessions
    session = sessions.open.get(request.path_params["token"])
    if session is None:
        raise BadInput("found a session that has ended, expected an open one; load the page again")
    return session


def _mouse(request: Request) -> tuple[Session, str, Mouse]:
    """Return session, name and mouse of a request."""
    session, name = _session(request), request.path_params["mouse"]
    if name not in session.mice:
        raise BadInput(f"found no mouse '{name}', expected one of those on the page")
    return session, name, session.mice[name]


async def _json(request: Request) -> dict:
    """Return the body of a request as an object. Raises BadInput for anything else."""
    try:
        found = json.loads(await _body(request, LONGEST_OBJECT))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadInput("found a request without an object, expected one")
    return found


async def _body(request: Request, most: int) -> bytes:
    """Return the body of a request, or its beginning if it has more than `most` bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            break
    return bytes(body[: most + 1])


def _number(value, low: float, high: float, what: str) -> float:
    """Return a number. Raises BadInput unless it is above `low` and at most `high`."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and low < number <= high):
        raise BadInput(f"{what}: found '{str(value)[:40]}', expected a number above {low:g} and up to {high:g}")
    return float(number)


async def open_session(request: Request) -> Response:
    """Open a session."""
    session = await request.app.state.sessions.new()
    return JSONResponse({"token": session.token})


async def events(request: Request) -> Response:
    """Send the state of a session whenever it changes; the session ends some time after nobody listens."""
    session = _session(request)
    if "x-once" in request.headers:
        return Response(status_code=204)

    async def states() -> AsyncIterator[str]:
        session.listeners += 1
        try:
            while True:
                yield f"data: {session.shown()}\n\n"
                await session.wait(HEARTBEAT)
        finally:
            session.listeners -= 1
            session.left = time.monotonic()

    return StreamingResponse(states(), media_type="text/event-stream")


async def receive_file(request: Request) -> Response:
    """Receive a file of an upload, piece by piece."""
    session = _session(request)
    name = unquote(request.headers.get("x-name", "file"))[-LONGEST_NAME:]
    upload = session.begin_upload(request.headers.get("x-upload", ""))
    session.files += 1
    if len(upload.files) >= MOST_FILES:
        session.end_upload()
        raise BadInput(f"found more than {MOST_FILES:,} files, expected fewer; choose the files of fewer mice")
    path = session.folder / "received" / f"{session.files:06d}"
    try:
        with open(path, "wb") as file:
            async for piece in request.stream():
                upload.bytes += len(piece)
                if upload.bytes > MOST_BYTES:
                    session.end_upload()
                    raise BadInput(f"{name}: found more than {MOST_BYTES:,} bytes, expected fewer; choose fewer mice")
                file.write(piece)
        if upload is not session.upload:
            raise BadInput(f"{name}: found a file of an upload that has ended, expected one of the last; send it again")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    upload.files.append((name, str(path)))
    return Response(status_code=204)


async def read_upload(request: Request) -> Response:
    """Find the scans in the files received."""
    return JSONResponse({"problems": await _session(request).read()})


async def stop_long(request: Request) -> Response:
    """Stop uploads and downloads."""
    _session(request).stop_long()
    return Response(status_code=204)


async def simulate(request: Request) -> Response:
    """Simulate a mouse, for those who want to try the page."""
    await _session(request).simulate()
    return Response(status_code=204)


async def view(request: Request) -> Response:
    """Send images or masks as bytes, axes (slice, frame, row, column)."""
    session, name, _ = _mouse(request)
    path = session.folder / "view" / name / request.path_params["what"]
    if path.name not in ("images", "masks") or not path.is_file():
        return PlainTextResponse("not ready", 404)
    return FileResponse(path, media_type="application/octet-stream")


async def set_grid(request: Request) -> Response:
    """Take voxel size and frame interval from the user."""
    session, name, _ = _mouse(request)
    given = await _json(request)
    spacing = given.get("spacing_mm")
    if not isinstance(spacing, list) or len(spacing) != 3:
        raise BadInput("found no three numbers, expected pixel height, pixel width and slice distance")
    spacing = [_number(side, 0, LARGEST_GRID, "pixel size or slice distance in mm") for side in spacing]
    session.set_grid(name, spacing, _number(given.get("frame_interval_ms"), 0, LARGEST_INTERVAL, "frame time in ms"))
    return Response(status_code=204)


async def stop(request: Request) -> Response:
    """Stop the computation of a mouse."""
    session, name, _ = _mouse(request)
    session.stop(name)
    return Response(status_code=204)


async def again(request: Request) -> Response:
    """Compute a mouse again."""
    session, _, mouse = _mouse(request)
    session.begin(mouse)
    return Response(status_code=204)


async def remove(request: Request) -> Response:
    """Forget a mouse."""
    session, name, _ = _mouse(request)
    await session.remove(name)
    return Response(status_code=204)


async def correct(request: Request) -> Response:
    """Keep the masks of a frame as drawn."""
    session, name, mouse = _mouse(request)
    rows, columns, slices, frames = mouse.scan["shape"]
    frame = request.path_params["frame"]
    body = await _body(request, rows * columns * slices)
    if len(body) != rows * columns * slices or frame >= frames or mouse.result is None:
        raise BadInput(f"{name}: found masks that do not fit the images, expected those of one frame")
    session.files += 1
    path = session.folder / "received" / f"drawn{session.files}"
    path.write_bytes(body)
    try:
        return JSONResponse(await session.update(name, "correct", frame=frame, drawn=str(path)))
    finally:
        path.unlink(missing_ok=True)


async def choose(request: Request) -> Response:
    """Take ED and ES from the user, or find them again."""
    session, name, mouse = _mouse(request)
    given = await _json(request)
    frames = [given.get("ed"), given.get("es")]
    count = mouse.scan["shape"][3]
    valid = all(type(frame) is int and 0 <= frame < count for frame in frames) and frames[0] != frames[1]
    if mouse.result is None or not (valid or frames == [None, None]):
        raise BadInput(f"{name}: found {frames} for ED and ES, expected two different frames of the cine")
    return JSONResponse(await session.update(name, "choose", ed=frames[0], es=frames[1]))


OF_ALL = {
    "measurements.csv": ("table", {"name": "measurements.csv"}),
    "measurements.xlsx": ("table", {"name": "measurements.xlsx"}),
    "volumes.csv": ("table", {"name": "volumes.csv"}),
    "murmur.zip": ("everything", {}),
}
OF_MOUSE = {"movie.gif": "movie", "nifti.zip": "nifti", "masks.h5": "masks", "summary.html": "summary"}


async def download(request: Request) -> Response:
    """Send a file of all mice."""
    session, what = _session(request), request.path_params["what"]
    if what not in OF_ALL or not session.done:
        return PlainTextResponse("Found no such file.", 404)
    task, arguments = OF_ALL[what]
    return FileResponse(await session.make(what, task, mice=session.done, **arguments), filename=what)


async def download_of_mouse(request: Request) -> Response:
    """Send a file of one mouse."""
    session, name, mouse = _mouse(request)
    what = request.path_params["what"]
    if what not in OF_MOUSE or not mouse.result:
        return PlainTextResponse("Found no such file.", 404)
    file = f"{name}_{what}"
    return FileResponse(await session.make(file, OF_MOUSE[what], mouse=name), filename=file)


async def end_session(request: Request) -> Response:
    """End a session, because its page is closed."""
    await request.app.state.sessions.end(request.path_params["token"])
    return Response(status_code=204)


def refused(request: Request, error: Exception) -> Response:
    """Answer a request with what is wrong with it, in one sentence."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=499)
    if isinstance(error, Stopped):
        return Response(status_code=204)
    return JSONResponse({"problem": str(error)}, 422)


async def index(request: Request) -> Response:
    """Send the page."""
    return FileResponse(STATIC / "index.html")


def routes() -> list[Route | Mount]:
    """Return the addresses of the page and of its interface."""
    mouse = "/api/{token}/mice/{mouse}"
    return [
        Route("/", index),
        Route("/api/sessions", open_session, methods=["POST"]),
        Route("/api/{token}/events", events),
        Route("/api/{token}/received", receive_file, methods=["POST"]),
        Route("/api/{token}/read", read_upload, methods=["POST"]),
        Route("/api/{token}/stop", stop_long, methods=["POST"]),
        Route("/api/{token}/simulated", simulate, methods=["POST"]),
        Route("/api/{token}/end", end_session, methods=["POST"]),
        Route(mouse + "/view/{what:str}", view),
        Route(mouse + "/phases", choose, methods=["POST"]),
        Route("/api/{token}/download/{what}", download),
        Route(mouse + "/download/{what}", download_of_mouse),
        Route(mouse + "/grid", set_grid, methods=["POST"]),
        Route(mouse + "/stop", stop, methods=["POST"]),
        Route(mouse + "/again", again, methods=["POST"]),
        Route(mouse + "/remove", remove, methods=["POST"]),
        Route(mouse + "/frames/{frame:int}", correct, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def application(weights: str, hosts: frozenset[str]) -> Starlette:
    """Return the page as an application; `weights` is `murmur` or the file of a network."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.sessions = Sessions(weights)
        warm = asyncio.create_task(app.state.sessions.workers.warm())
        tidy = asyncio.create_task(app.state.sessions.end_forgotten())
        try:
            yield
        finally:
            for task in (warm, tidy):
                task.cancel()
            await asyncio.gather(warm, tidy, return_exceptions=True)
            await app.state.sessions.close()

    app = Starlette(
        routes=routes(),
        lifespan=lifespan,
        exception_handlers={BadInput: refused, ClientDisconnect: refused, Stopped: refused},
    )
    app.add_middleware(OnlyThisPage, hosts=hosts)
    return app
