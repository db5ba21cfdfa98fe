"""A Hub on the loopback interface that takes uploads: large files by LFS, the others within the commit."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

TOKEN = "hf_" + "a" * 34


class _Handler(BaseHTTPRequestHandler):
    files: dict[str, bytes]  # of the one repository, me/maps
    uploads: dict[str, bytes]  # by their sha256
    requests: list[str]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answered(b"")

    def do_POST(self) -> None:
        self._answered(self._body())

    def do_PUT(self) -> None:
        self.uploads[self.path.rpartition("/")[2]] = self._body()
        self._send(200, {})

    def _body(self) -> bytes:
        """Of a request, in one piece or in several, each behind its length."""
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answered(self, body: bytes) -> None:
        path = self.path.partition("?")[0]
        self.requests.append(path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, {"error": "Invalid username or password."})
        if path == "/api/whoami-v2":
            return self._send(200, {"type": "user", "name": "me"})
        if path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if path == "/api/repos/create":
            if json.loads(body)["name"] != "maps":
                return self._send(403, {"error": "You do not have the rights to write there."})
            assert json.loads(body)["visibility"] == "private"
            return self._send(200, {"url": f"http://{self.headers['Host']}/datasets/me/maps", "id": "me/maps"})
        if path == "/api/datasets/me/maps/preupload/main":
            modes = [
                {"path": file["path"], "shouldIgnore": False, "uploadMode": self._mode(file["path"])}
                for file in json.loads(body)["files"]
            ]
            return self._send(200, {"files": modes})
        if path.endswith("lfs/objects/batch"):
            return self._send(
                200, {"transfer": "basic", "objects": [self._wanted(o) for o in json.loads(body)["objects"]]}
            )
        if path == "/api/datasets/me/maps/commit/main":
            for line in body.splitlines():
                self._commit(json.loads(line))
            url = f"http://{self.headers['Host']}/datasets/me/maps/commit/{'e' * 40}"
            return self._send(200, {"commitUrl": url, "commitOid": "e" * 40})
        return self._send(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})

    @staticmethod
    def _mode(path: str) -> str:
        return "lfs" if path.endswith(".parquet") else "regular"

    def _wanted(self, entry: dict) -> dict:
        """Where an object is to be put; nowhere, if it is there."""
        upload = {"href": f"http://{self.headers['Host']}/upload/{entry['oid']}"}
        return entry if entry["oid"] in self.uploads else {**entry, "actions": {"upload": upload}}

    def _commit(self, line: dict) -> None:
        value = line["value"]
        if line["key"] == "file":
            self.files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            self.files[value["path"]] = self.uploads[value["oid"]]

    def _send(self, status: int, value: object, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        for key, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(key, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@contextmanager
def upload_hub() -> Iterator[tuple[str, dict[str, bytes], list[str]]]:
    """The address of a running server, the files of its repository, and the requests so far."""
    shared: dict = {"files": {}, "uploads": {}, "requests": []}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), shared))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", shared["files"], shared["requests"]
    finally:
        server.shutdown()
        server.server_close()
