"""A Hub of data sets on the loopback interface: repositories of parquet files, as `datasets` asks for them."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "d" * 40


class _Handler(BaseHTTPRequestHandler):
    repositories: Mapping[str, Path]
    requests: list[str]
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        wanted = json.loads(self.rfile.read(length) or b"{}").get("paths", [])
        self._answer(body=True, wanted=wanted)

    def _answer(self, *, body: bool, wanted: list[str] | None = None) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        self.requests.append(f"{self.command} /{path}")
        api = path.startswith("api/")
        owner, name, *rest = [*path.removeprefix("api/").removeprefix("datasets/").split("/"), ""]
        rest = [one for one in rest if one]
        if (root := self.repositories.get(f"{owner}/{name}")) is None:
            return self._send(404, b"", {"X-Error-Code": "RepoNotFound"}, body)
        if not api:
            return self._file(root / "/".join(rest[2:]), body)
        entries = [self._entry(one, root) for one in sorted(root.rglob("*"))]
        if rest[:1] == ["tree"]:
            below = "/".join(rest[2:])
            deep = "recursive=true" in self.path.lower()
            inside = [one for one in entries if one["path"].startswith(f"{below}/" if below else "")]
            found = [one for one in inside if deep or one["path"].rpartition("/")[0] == below]
            return self._json(found, body) if found else self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
        if rest[:1] == ["paths-info"]:
            return self._json([one for one in entries if one["path"] in (wanted or [])], body)
        if rest and rest[0] != "revision":
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
        if rest and rest[1] not in ("main", COMMIT):
            return self._send(404, b"", {"X-Error-Code": "RevisionNotFound"}, body)
        siblings = [{"rfilename": one["path"], "size": one["size"]} for one in entries if "size" in one]
        return self._json({"id": f"{owner}/{name}", "sha": COMMIT, "siblings": siblings, "tags": []}, body)

    @staticmethod
    def _entry(file: Path, root: Path) -> dict:
        entry = {"type": "directory", "path": file.relative_to(root).as_posix(), "oid": "0" * 40}
        return {**entry, "type": "file", "size": file.stat().st_size} if file.is_file() else entry

    def _file(self, file: Path, body: bool) -> None:
        if not file.is_file():
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"}, body)
        content, status = file.read_bytes(), 200
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{file.name}"', "Accept-Ranges": "bytes"}
        if wanted := self.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            end = min(int(last or len(content)), len(content) - 1)
            headers["Content-Range"] = f"bytes {first}-{end}/{len(content)}"
            content, status = content[int(first) : end + 1], 206
        return self._send(status, content, headers, body)

    def _json(self, value: object, body: bool) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"}, body)

    def _send(self, status: int, content: bytes, headers: Mapping[str, str], body: bool) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@contextmanager
def data_hub(repositories: Mapping[str, Path]) -> Iterator[tuple[str, list[str]]]:
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
