"""Headless Chromium, driven through the WebDriver protocol (w3.org/TR/webdriver2) of Debian's chromium-driver."""

import base64
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
INSTALLED = bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """Chromium, of which one tab is driven."""

    def __init__(self, driver: str):
        self.driver = driver
        options = {"binary": shutil.which("chromium"), "args": FLAGS}
        asked = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        self.session = self._ask("POST", "/session", asked)["sessionId"]

    def _ask(self, method: str, path: str, body: dict | None = None):
        answer = requests.request(method, self.driver + path, json=body, timeout=60).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{answer['error']}: {answer['message']}")
        return answer

    def ask(self, method: str, path: str, body: dict | None = None):
        """Return the answer to a command for this window."""
        return self._ask(method, f"/session/{self.session}{path}", body)

    @contextlib.contextmanager
    def tab(self, downloads: Path, dark: bool = False) -> Iterator["Browser"]:
        """Provide a new tab with a session storage of its own, which saves what is downloaded to a folder."""
        before = self.ask("GET", "/window")
        self.ask("POST", "/window", self.ask("POST", "/window/new", {"type": "tab"}))
        self.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])
        self.command("Page.bringToFront")
        self.command("Storage.clearDataForOrigin", origin="*", storageTypes="all")
        try:
            yield self
        finally:
            self.ask("DELETE", "/window")
            self.ask("POST", "/window", {"handle": before})

    def open(self, address: str) -> None:
        """Load a page."""
        self.ask("POST", "/url", {"url": address})

    def resize(self, width: int, height: int) -> None:
        """Give the page a size, in CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **metrics)

    def command(self, name: str, **parameters):
        """Run a command of the DevTools protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def run(self, script: str, *arguments):
        """Return the result of a script, which is the body of a function."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector: str) -> str:
        """Return the reference of an element."""
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector: str) -> str:
        """Return the text that an element shows."""
        return self.ask("GET", f"/element/{self.find(selector)}/text")

    def click(self, selector: str) -> None:
        """Click an element."""
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector: str, keys: str) -> None:
        """Type keys into an element, or choose files in an input for files."""
        self.ask("POST", f"/element/{self.find(selector)}/value", {"text": keys})

    def centre(self, selector: str) -> list[float]:
        """Return the place of the centre of an element in the window, x and y."""
        place = "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
        return self.run(f"{place} return [box.x + box.width / 2, box.y + box.height / 2]", selector)

    def drag(self, selector: str, *points: tuple[float, float]) -> None:
        """Press the mouse at the first point, in pixels from the centre of an element, and move it to the others."""
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        left, top = self.centre(selector)  # not relative to the element, which may be drawn anew while it is dragged
        where = {"type": "pointerMove", "duration": 0, "origin": "viewport"}
        moves = [where | {"x": round(left + x), "y": round(top + y)} for x, y in points]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        self.ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]})

    def drop(self, selector: str, *files: Path) -> None:
        """Drop files or folders of this computer on an element."""
        x, y = self.centre(selector)
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for event in ("dragEnter", "dragOver", "drop"):
            self.command("Input.dispatchDragEvent", type=event, x=x, y=y, data=data)

    def screenshot(self, path: Path, whole: bool = False) -> None:
        """Write a picture of the window, or of the whole page."""
        picture = self.command("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(picture))

    def wait(self, what: Callable[[], object], seconds: float = 120):
        """Return `what()` once it is true."""
        until = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > until:
                raise TimeoutError(f"waited {seconds} s; the page shows: {self.text('body')[:2000]}")
            time.sleep(0.05)
        return found


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([shutil.which("chromedriver"), f"--port={port}"], stdout=subprocess.DEVNULL)
    try:
        driver = f"http://127.0.0.1:{port}"
        for _ in range(200):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"{driver}/status", timeout=5)
                break
            time.sleep(0.05)
        started = Browser(driver)
        try:
            yield started
        finally:
            started.ask("DELETE", "")
    finally:
        process.terminate()
        process.wait(10)
