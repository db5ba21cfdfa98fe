"""The tab of TensorBoard: found, active where there are records, and answering as its own server asks."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.inspect.hosts.test_served import recorded
from vitxplain.files.paths import user_path

base_plugin = pytest.importorskip("tensorboard.plugins.base_plugin")
from werkzeug.test import Client  # noqa: E402 - comes with TensorBoard

from vitxplain.inspect.hosts.tensorboard_plugin import InspectPlugin, log_folders  # noqa: E402


def plugin(logdir: str, logdir_spec: str = "") -> InspectPlugin:
    return InspectPlugin(base_plugin.TBContext(logdir=logdir, flags=SimpleNamespace(logdir_spec=logdir_spec)))


def test_it_is_active_from_the_first_record_on(tmp_path: Path):
    tab = plugin(str(tmp_path))
    assert not tab.is_active()
    recorded(tmp_path / "run", "cat")
    assert tab.is_active()
    assert tab.frontend_metadata().es_module_path in tab.get_plugin_apps()


def test_every_answer_says_what_it_is(tmp_path: Path):
    recorded(tmp_path, "cat")
    apps = plugin(str(tmp_path)).get_plugin_apps()
    index = Client(apps["/index.json"]).get("/")
    (record,) = json.loads(index.text)["records"]
    part = Client(apps["/recording"]).get("/", query_string={"id": record["id"]}, headers={"Range": "bytes=0-7"})
    assert (part.status_code, len(part.data)) == (206, 8)
    viewer = Client(apps["/viewer.js"]).get("/")
    assert viewer.content_type.startswith("text/javascript")
    assert "render" in viewer.text
    for answer in (index, part, viewer, Client(apps["/recording"]).get("/")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Client(apps["/recording"]).post("/").status_code == 405


def test_folders_are_those_tensorboard_was_told_of():
    assert log_folders("runs", None) == {"": user_path("runs")}
    assert log_folders("", "a:runs/a,b:/runs/b") == {"a": user_path("runs/a"), "b": user_path("/runs/b")}
    assert log_folders("", "runs/a,runs/b") == {"1": user_path("runs/a"), "2": user_path("runs/b")}
    assert log_folders("", "") == log_folders(None, None) == {}  # and not the working folder


@contextmanager
def tensorboard(logdir: Path) -> Iterator[str]:
    """The address of one that runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--port", str(port)]
    process = subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urlopen(f"{address}/data/environment", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.stdout and process.stdout.read().decode()
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.slow
def test_tensorboard_itself_shows_records_without_an_event(tmp_path: Path):
    recorded(tmp_path / "run", "cat")
    with tensorboard(tmp_path) as address:
        tab = json.load(urlopen(f"{address}/data/plugins_listing"))["vitxplain"]
        assert tab["enabled"]
        assert tab["tab_name"] == "Inspect"
        beside = tab["loading_mechanism"]["module_path"].removesuffix("viewer.js")
        (record,) = json.load(urlopen(f"{address}{beside}index.json"))["records"]
        part = urlopen(Request(f"{address}{beside}recording?id={record['id']}", headers={"Range": "bytes=0-7"}))
        assert (part.status, len(part.read())) == (206, 8)
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{address}{beside}recording?id=../../etc/passwd")
