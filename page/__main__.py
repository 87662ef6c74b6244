"""Open the web page: python -m page, or make page."""

import argparse
import contextlib
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterable
from pathlib import Path

PORT = 8765
LOOPBACK = "127.0.0.1"


def arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m page", description=__doc__)
    parser.add_argument("--reader", default="murmur", help="file of a network (.keras or .h5); default: that supplied")
    parser.add_argument("--port", type=int, default=PORT, help=f"default: {PORT}, or the next that is free")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on; default: this computer only")
    parser.add_argument("--name", action="append", default=[], help="further name under which browsers reach the host")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    return parser.parse_args()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port, or on the next that is free."""
    for number in range(port, port + 20) if port else [0]:
        found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            found.bind((host, number))
            found.listen()
            return found
        found.close()
    sys.exit(f"--port: found ports {port} to {port + 19} in use, expected a free one; give another")


def host_headers(names: Iterable[str], port: int) -> frozenset[str]:
    """Return what browsers send as host; they omit the port of HTTP."""
    hosts = {f"[{name}]" if ":" in name else name.lower() for name in names}
    return frozenset(f"{host}:{port}" for host in hosts) | (hosts if port == 80 else set())


def main() -> None:
    """Serve the page until Ctrl+C."""
    given = arguments()
    if given.reader != "murmur" and not Path(given.reader).is_file():
        sys.exit(f"--reader: found no file '{given.reader}', expected a network (.keras or .h5); correct the path")
    import uvicorn

    from page.server import application

    found = listening(given.host, given.port)
    port = found.getsockname()[1]
    names = {given.host, "localhost", LOOPBACK, *given.name}
    hosts = host_headers(names, port)
    address = f"http://{'localhost' if given.host == LOOPBACK else given.host}:{port}/"
    print(f"Open {address} in a browser; Ctrl+C ends the page and deletes all files of its sessions.", flush=True)
    if not given.no_browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    config = uvicorn.Config(
        application(given.reader if given.reader == "murmur" else str(Path(given.reader).resolve()), hosts),
        log_level="warning",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[found])


if __name__ == "__main__":
    main()
