"""A Hub on the loopback interface: serves folders as repositories, and refuses as the real one does."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "c" * 40
REFUSALS = {  # what the Hub answers: status and the header that says why
    "none/missing": (404, "RepoNotFound"),
    "some/gated": (403, "GatedRepo"),
    "some/broken": (500, None),
}


class _Handler(BaseHTTPRequestHandler):
    repositories: Mapping[str, Path]
    requests: list[str]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        self.requests.append(f"{self.command} {self.path}")
        owner, name, _, revision, *rest = self.path.strip("/").split("/") + [""] * 5
        repo = f"{owner}/{name}"
        if repo not in self.repositories:
            return self._refuse(*REFUSALS.get(repo, (404, "RepoNotFound")))
        if revision not in ("main", "v1", COMMIT):
            return self._refuse(404, "RevisionNotFound")
        file = self.repositories[repo] / "/".join(filter(None, rest))
        if not file.is_file():
            return self._refuse(404, "EntryNotFound")
        content = file.read_bytes()
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{name}-{file.name}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)
        return None

    def _refuse(self, status: int, code: str | None) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@contextmanager
def hub_server(repositories: Mapping[str, Path]) -> Iterator[tuple[str, list[str]]]:
    """The address of a running server, and the requests it got so far."""
    requests: list[str] = []
    handler = type("Handler", (_Handler,), {"repositories": repositories, "requests": requests})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()
