"""A web server on the loopback interface with good and bad answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

from PIL import Image


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        buffer = BytesIO()
        Image.new("RGB", (8, 8), (255, 0, 0)).save(buffer, "PNG")
        content, kind, length = buffer.getvalue(), "image/png", len(buffer.getvalue())
        if self.path == "/page.png":
            content, kind, length = b"<html>", "text/html; charset=utf-8", 6
        elif self.path == "/words.png":
            content, length = b"no image", 8
        elif self.path == "/half.png":
            content = content[:20]  # fewer than announced
        self.send_response(404 if self.path == "/gone.png" else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@contextmanager
def image_server() -> Iterator[str]:
    """The server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
