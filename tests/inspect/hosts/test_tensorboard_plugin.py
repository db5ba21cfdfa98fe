"""The tab of TensorBoard: found, active where there are records, and answering as its own server asks."""

import json
from pathlib import Path
from types import SimpleNamespace

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
    entry = Client(apps["/entry.js"]).get("/")
    assert entry.content_type.startswith("text/javascript")
    assert "renderPage" in viewer.text
    for answer in (index, part, viewer, entry, Client(apps["/recording"]).get("/")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Client(apps["/recording"]).post("/").status_code == 405


def test_folders_are_those_tensorboard_was_told_of():
    assert log_folders("runs", None) == {"": user_path("runs")}
    assert log_folders("", "a:runs/a,b:/runs/b") == {"a": user_path("runs/a"), "b": user_path("/runs/b")}
    assert log_folders("", "runs/a,runs/b") == {"1": user_path("runs/a"), "2": user_path("runs/b")}
    assert log_folders("", "") == log_folders(None, None) == {}  # and not the working folder
