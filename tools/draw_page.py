"""Draw docs/page.png and docs/page_narrow.png: the web page with a simulated mouse, in a real browser."""

import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "helpers"), str(ROOT / "scripts")]

from browser import Browser, browser  # noqa: E402
from page_server import page_server  # noqa: E402

PICTURES = {"page": (1280, None, False, 860), "page_narrow": (390, 1000, True, 390)}  # width, height, dark, width drawn


def draw(chromium: Browser, address: str, name: str, folder: Path) -> None:
    """Draw a picture of the page once it shows all values of a simulated mouse."""
    width, height, dark, drawn = PICTURES[name]
    with chromium.tab(folder, dark) as window:
        window.resize(width, height or 900)
        window.open(address)
        window.wait(lambda: window.run("return sessionStorage.getItem('murmur')"))
        window.click("#try")
        window.wait(lambda: "done" in window.text("#rows"), 900)
        window.wait(lambda: window.run("return document.querySelectorAll('#slices button').length"))
        window.command("Input.dispatchMouseEvent", type="mouseMoved", x=1, y=1)  # away from what was clicked
        window.run("return new Promise((resolve) => setTimeout(resolve, 2000))")
        window.screenshot(folder / "page.png", whole=height is None)
    picture = Image.open(folder / "page.png").convert("RGB")
    size = (drawn, round(picture.height * drawn / picture.width))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    # dithering would draw what looks like outlines, and median cut loses the colours of the masks
    few = small.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=8, dither=Image.Dither.NONE)
    few.save(ROOT / "docs" / f"{name}.png", optimize=True)


if __name__ == "__main__":
    with page_server() as (server, _), browser() as started, tempfile.TemporaryDirectory() as place:
        for each in PICTURES:
            draw(started, server, each, Path(place))
