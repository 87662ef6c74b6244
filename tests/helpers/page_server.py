"""The web page as a user starts it, and a client of its interface."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

import requests

from workplace import ROOT


@contextlib.contextmanager
def page_server() -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the page on a free port; yield its address and process."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
    command = [sys.executable, "-m", "page", "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+:\d+", process.stdout.readline())[0]
        yield address, process
    finally:
        process.terminate()
        process.wait(20)


class Client:
    """A page that is open."""

    def __init__(self, server: str):
        self.server = server
        self.token = self.post("/api/sessions").json()["token"]
        self.events = requests.get(f"{server}/api/{self.token}/events", stream=True, timeout=100)
        self._lines = self.events.iter_lines()

    def post(self, path: str, content: bytes = b"", headers: Mapping = {}) -> requests.Response:
        """Send a request, whatever the answer."""
        return requests.post(self.server + path, data=content, headers=headers, timeout=100)

    def ask(self, path: str, content: bytes | dict = b"") -> requests.Response:
        """Send a request of the session."""
        content = json.dumps(content).encode() if isinstance(content, dict) else content
        return self.post(f"/api/{self.token}/{path}", content)

    def get(self, path: str) -> requests.Response:
        """Return a file of the session."""
        return requests.get(f"{self.server}/api/{self.token}/{path}", timeout=100)

    def upload(self, **files: bytes) -> list[str]:
        """Send files by their names; return what is wrong with them."""
        for name, content in files.items():
            answer = self.post(f"/api/{self.token}/received", content, {"X-Name": quote(name)})
            assert answer.status_code == 204, answer.text
        return self.ask("read").json()["problems"]

    def until(self, what: Callable[[dict], object], seconds: float = 100) -> dict:
        """Return the first state of the session from now on for which `what` is true."""
        end = time.monotonic() + seconds
        state = None
        while time.monotonic() < end:
            line = next(self._lines)
            if line.startswith(b"data: "):
                state = json.loads(line[6:])
                if what(state):
                    return state
        raise TimeoutError(f"waited {seconds} s, and the session is {state}")

    def mouse(self, name: str, *states: str) -> dict:
        """Return a mouse once it is in one of the states."""
        wanted = lambda mouse: mouse["name"] == name and mouse["state"] in states  # noqa: E731
        state = self.until(lambda state: any(map(wanted, state["mice"])))
        return next(filter(wanted, state["mice"]))

    def close(self) -> None:
        """Close the page."""
        self.events.close()
        self.ask("end")
