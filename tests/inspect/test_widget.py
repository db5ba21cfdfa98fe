"""The widget of notebooks: it answers the page's questions with a record's facts and the bytes of its tensors."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.inspect.hosts.test_served import recorded
from vitxplain.inspect import open_recording
from vitxplain.inspect.inline import Inline, widgets_work

pytest.importorskip("anywidget")

from vitxplain.inspect.widget import InspectWidget


@pytest.fixture
def widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[InspectWidget, list[tuple[dict, list[bytes]]]]:
    recorded(tmp_path, "cat")
    shown, sent = InspectWidget(open_recording(tmp_path)), []
    monkeypatch.setattr(shown, "send", lambda content, buffers=(): sent.append((content, list(buffers))))
    return shown, sent


def ask(shown: InspectWidget, **question: Any) -> None:
    """As the page's message does."""
    shown._handle_custom_msg({"number": 7, **question}, [])


def test_it_lists_the_records_and_knows_the_viewer(widget: Any, tmp_path: Path):
    shown, _ = widget
    assert shown.index == open_recording(tmp_path).index()
    # anywidget takes a `render` that is exported by name for its own, before it looks at the default.
    (exported,) = re.findall(r"export\{([^}]*)\}", str(shown._esm))
    assert {"default", "mount"} <= {name.split(" as ")[-1] for name in exported.split(",")}
    assert "render" not in {name.split(" as ")[-1] for name in exported.split(",")}


def test_a_question_is_answered_under_its_number(widget: Any, tmp_path: Path):
    shown, sent = widget
    (record,) = open_recording(tmp_path)
    identity = shown.index["records"][0]["id"]
    ask(shown, kind="facts", id=identity)
    ask(shown, kind="tensor", id=identity, name="attention.00")
    (facts, _), (said, (content,)) = sent
    assert facts == {"number": 7, "facts": dict(record.facts)}
    stored = record.tensor("attention.00")
    assert said == {"number": 7, "dtype": "U8", "shape": list(stored.shape)}
    np.testing.assert_array_equal(np.frombuffer(content, np.uint8).reshape(stored.shape), stored)


def test_what_is_not_there_is_told_to_the_page(widget: Any):
    shown, sent = widget
    ask(shown, kind="facts", id="../other")
    ask(shown, kind="tensor", id=shown.index["records"][0]["id"], name="attention.99")
    assert [content["number"] for content, _ in sent] == [7, 7]
    assert "no such record" in sent[0][0]["error"]
    assert "attention.99" in sent[1][0]["error"]


def test_a_recording_is_a_widget_or_a_page_in_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    recorded(tmp_path, "cat")
    recording = open_recording(tmp_path)
    assert isinstance(recording.inspect(widget=True), InspectWidget)
    assert isinstance(recording.inspect(), Inline)  # this is no notebook
    assert "<iframe" in recording.inspect(widget=False)._repr_html_()


def test_widgets_stay_away_from_notebooks_that_load_them_from_elsewhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    for name in ("VSCODE_PID", "VSCODE_CWD"):
        monkeypatch.delenv(name, raising=False)
    assert widgets_work()
    with monkeypatch.context() as colab:
        colab.setitem(sys.modules, "google.colab", sys)
        assert not widgets_work()
    for name in ("VSCODE_PID", "VSCODE_CWD"):
        with monkeypatch.context() as code:
            code.setenv(name, "1")
            assert not widgets_work()
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": "/home/me/cat.ipynb"})  # as its extension sets it
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    assert not widgets_work()
