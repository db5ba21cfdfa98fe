"""One HTML file: every tensor is in it as the format says, names are text, and what is left out is said."""

import gzip
import json
import random
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from vitxplain.errors import UsageError
from vitxplain.inspect import Recording, Writer, open_recording
from vitxplain.inspect import page as page_module
from vitxplain.inspect.page import page

HOSTILE = "</script><script>alert(1)</script><!--"


class Scripts(HTMLParser):
    """Every script of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "script":
            self.scripts.append((dict(attributes), ""))
            self._open = True

    def handle_data(self, data):
        if self._open:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    def handle_endtag(self, tag):
        self._open = self._open and tag != "script"

    def of(self, kind: str) -> list[tuple[dict[str, str | None], str]]:
        return [script for script in self.scripts if script[0].get("data-vitxplain") == kind]


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    (tmp_path / "viewer.js").write_text(f"export const end = {json.dumps(HOSTILE)};")
    monkeypatch.setattr(page_module, "BUNDLE", tmp_path / "viewer.js")
    values = np.random.default_rng(0).random((3, 2, 17, 17)).astype(np.float32)
    writer = Writer(tmp_path, model=HOSTILE)
    writer.add(HOSTILE, values / values.sum(-1, keepdims=True), step=1)
    writer.add("b", values / values.sum(-1, keepdims=True))
    return open_recording(tmp_path)


def test_every_tensor_is_in_it(recording: Recording):
    scripts = Scripts(page(recording))
    ((_, index),) = scripts.of("index")
    identities = [record["id"] for record in json.loads(index)["records"]]
    assert identities == [recording.id_of(record) for record in recording]
    facts = {attributes["data-record"]: json.loads(text) for attributes, text in scripts.of("facts")}
    tensors = {(a["data-record"], a["data-tensor"]): (a, text) for a, text in scripts.of("tensor")}
    for record in recording:
        identity = recording.id_of(record)
        assert facts[identity] == record.facts
        assert {name for owner, name in tensors if owner == identity} == set(record.tensors)
        for name in record.tensors:
            attributes, text = tensors[identity, name]
            content = b64decode(text) if "data-plain" in attributes else gzip.decompress(b64decode(text))
            assert content == record.tensor(name).tobytes()
            assert attributes["data-shape"] == ",".join(map(str, record.tensors[name].shape))
    order = [name for _, name in tensors]
    assert max(i for i, name in enumerate(order) if name.startswith("rows")) < order.index("attention.00")


def test_names_are_text_and_nothing_is_fetched(recording: Recording):
    text = page(recording)
    scripts = Scripts(text)
    assert len(scripts.scripts) == text.count("</script>")
    assert "alert(1)" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL).replace(
        "&lt;script&gt;alert(1)", ""
    )
    assert not re.search(r"(src|href)=", text)


def test_viewer_starts_before_the_layers_are_read(recording: Recording):
    scripts = Scripts(page(recording)).scripts
    (viewer,) = [place for place, (_, text) in enumerate(scripts) if text.endswith("vitxplainInspect.open(document)")]
    assert "async" in scripts[viewer][0]
    late = {attributes.get("data-tensor", "").split(".")[0] for attributes, _ in scripts[viewer + 1 :]}
    early = {attributes.get("data-tensor", "").split(".")[0] for attributes, _ in scripts[:viewer]}
    assert late == {"attention", "peaks"}
    assert not early & late


def test_beyond_thirty_megabytes_the_last_layers_stay_and_it_is_said(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
):
    whole = len(page(recording))
    texts = [(str(a["data-tensor"]), len(text) + 300) for a, text in Scripts(page(recording)).of("tensor")]
    small = sum(size for name, size in texts if not name.startswith(("attention", "peaks")))
    last = sum(size for name, size in texts if name in ("attention.02", "peaks.02"))
    monkeypatch.setattr(page_module, "MOST_BYTES", small + last)
    cut = page(recording)
    assert len(cut) < whole
    scripts = Scripts(cut)
    names = {(a["data-record"], a["data-tensor"]) for a, _ in scripts.of("tensor")}
    for attributes, text in scripts.of("facts"):
        facts, identity = json.loads(text), attributes["data-record"]
        assert "--full" in facts["cut"]
        assert {"rows.00", "statistics", "image"} <= {name for owner, name in names if owner == identity}
        for layer in facts["layers"]:
            kept = (identity, f"attention.{layer['number']:02d}") in names
            assert layer["rows"] == ("all" if kept else "class")
        assert facts["layers"][0]["rows"] == "class"
    assert any(name == "attention.02" for _, name in names)
    assert len(page(recording, full=True)) == whole


def test_it_is_saved_and_shown_in_a_frame(recording: Recording, tmp_path: Path):
    path = recording.save(tmp_path / "deep" / "page.html", title="mine <b>")
    assert path.read_text("utf-8") == page(recording, title="mine <b>")
    assert "<title>mine &lt;b&gt;</title>" in path.read_text("utf-8")
    frame = recording.inspect(height=300)._repr_html_()
    assert frame.count("<script") == 0
    assert "height:300px" in frame


def test_an_empty_recording_has_no_page(tmp_path: Path):
    (tmp_path / "inspect").mkdir()
    with pytest.raises(UsageError, match="holds no record to show"):
        page(open_recording(tmp_path))


def test_random_names_find_their_record_and_nothing_else(recording: Recording, tmp_path: Path):
    for record in recording:
        assert recording.by_id(recording.id_of(record)) is record
    for identity in ("", "..", "inspect", "../viewer.js", "/etc/passwd", f"inspect/{random.random()}"):
        assert recording.by_id(identity) is None
