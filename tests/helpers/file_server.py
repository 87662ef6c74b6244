"""A local web server that can simulate failures."""

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serves `files` (content by path); `trouble` lists the failures of the next responses, by path.

    A failure is a status such as 500; "cut", half of the bytes, then the connection is closed; "hang", half of the
    bytes, then nothing; "silence", no response; "whole", the whole file although a range was requested; "elsewhere",
    another range; or "always" followed by one of these, which is then repeated. `asked` collects the path and the Range
    header of every request.
    """

    def __init__(self):
        """Take a free port and serve until `close`."""
        self.files: dict[str, bytes] = {}
        self.trouble: dict[str, list] = defaultdict(list)
        self.asked: list[tuple[str, str | None]] = []
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop the server; pending requests receive no response."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _next_trouble(self, path: str):
        listed = self.trouble[path]
        if listed[:1] == ["always"]:
            return listed[1]
        return listed.pop(0) if listed else None

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                wanted = self.headers.get("Range")
                server.asked.append((self.path, wanted))
                trouble = server._next_trouble(self.path)
                if trouble == "silence":
                    server._closed.wait()
                    return
                if isinstance(trouble, int) or self.path not in server.files:
                    self.send_error(trouble or 404)
                    return
                content = server.files[self.path]
                start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and trouble != "whole" else 0
                if start and start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206 if start else 200)
                if start:
                    self.send_header(
                        "Content-Range", f"bytes {start - (trouble == 'elsewhere')}-{len(content) - 1}/{len(content)}"
                    )
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                rest = content[start:]
                self.wfile.write(rest[: len(rest) // 2] if trouble in ("cut", "hang") else rest)
                if trouble == "hang":
                    server._closed.wait()
                self.close_connection = trouble is not None

            def log_message(self, *arguments):
                pass

        return Handler
