"""The scripts of the page with a server that shows the states it is given and computes nothing."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from workplace import ROOT

STATIC = ROOT / "page" / "static"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
SIDE, FRAMES = 32, 4
POLL = 0.02  # s, after which it ends when it is asked to
RESULT = {
    "measures": [{"name": "EDV", "printed": "EDV", "unit": "µL", "meaning": "volume", "value": 1.0}],
    "review": [{"slice": 0, "frame": 1, "frames": 1, "reasons": ["an island"]}],
    "dice": {},
    "corrected": [],
} | dict.fromkeys(("ed", "es", "frames_from", "notes"))


def mouse(name: str, state: str = "done", frame_interval_ms: float | None = 5.0) -> dict:
    """Return a mouse of one slice as the server shows it."""
    grid = {"spacing_mm": [0.2, 0.2, 1.0], "frame_interval_ms": frame_interval_ms}
    shown = {"shape": [SIDE, SIDE, 1, FRAMES], "found": grid, "has_images": True, "odd": [], "progress": 0}
    result = RESULT if state == "done" else None
    return {"name": name, "state": state, "problem": "", "result": result, "version": 1} | shown | grid


class ScriptedPage:
    """What the server shows, and what it is sent.

    Attributes
    ----------
    state : dict
        Mice, problems and files that are made, as `Session.shown`.
    masks : dict of str to int
        The label of all pixels of a mouse.
    posts : list of (str, bytes)
        Path and content of each request.
    answers : dict of str to (int, dict)
        Status and content of answers, by the last part of the path.
    """

    def __init__(self):
        self.state = {"mice": [], "problems": [], "long": [], "reader": ""}
        self.masks: dict[str, int] = {}
        self.posts: list[tuple[str, bytes]] = []
        self.answers: dict[str, tuple[int, dict]] = {}
        self.delay = 0.0  # seconds until an answer
        self._changed = threading.Condition()
        self._shows = 0

    def show(self, **state) -> None:
        """Send another state to the page."""
        with self._changed:
            self.state = self.state | state
            self._shows += 1
            self._changed.notify_all()

    def states(self) -> Iterator[bytes]:
        """Yield events: the state, and again whenever it is shown."""
        seen = -1
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._shows != seen, timeout=1)  # noqa: B023
                seen = self._shows
                yield f"data: {json.dumps(self.state)}\n\n".encode()

    def get(self, path: str) -> tuple[str, bytes]:
        """Return type and content of a file."""
        if "/view/" in path:
            labels = 0 if path.endswith("images") else self.masks.get(path.split("/")[4], 0)
            return "application/octet-stream", bytes([labels]) * (SIDE * SIDE * FRAMES)
        file = STATIC / ("index.html" if path == "/" else path.removeprefix("/static/"))
        return KINDS[file.suffix], file.read_bytes()

    def post(self, path: str, content: bytes) -> tuple[int, dict]:
        """Return status and content of the answer to a request, which is remembered."""
        if path == "/api/sessions":
            return 200, {"token": "t"}
        self.posts.append((path, content))
        time.sleep(self.delay)
        return self.answers.get(path.split("/")[-1]) or (200, RESULT if "/frames/" in path else {"problems": []})


@contextlib.contextmanager
def scripted_page() -> Iterator[tuple[str, ScriptedPage]]:
    """Serve a page; yield its address, and what it shows and is sent."""
    page = ScriptedPage()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def _send(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self):
            status, found = page.post(self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self._send(status, "application/json", json.dumps(found).encode())

        def do_GET(self):
            if not self.path.endswith("/events"):
                self._send(200, *page.get(self.path))
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with contextlib.suppress(OSError):
                for event in page.states():
                    self.wfile.write(event)
                    self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=[POLL], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", page
    finally:
        server.shutdown()
        server.server_close()
