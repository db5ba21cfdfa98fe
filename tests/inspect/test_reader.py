"""Files that lie, were cut short or are something else are left out with a reason; what is whole is shown."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from vitxplain.errors import DataError, UsageError
from vitxplain.inspect import Writer, open_recording
from vitxplain.inspect.record_file import read_record


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = Writer(tmp_path_factory.mktemp("run")).add("x", np.full((2, 1, 5, 5), 0.2))
    return path.read_bytes()


def parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: Any, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def why(folder: Path, content: bytes) -> str:
    (folder / "inspect").mkdir(exist_ok=True)
    (folder / "inspect" / "bad.safetensors").write_bytes(content)
    recording = open_recording(folder)
    assert not recording.records
    (left_out,) = recording.left_out
    return left_out.why


def with_facts(content: bytes, **changes: Any) -> bytes:
    header, data = parts(content)
    facts = json.loads(header["__metadata__"]["vitxplain"])
    header["__metadata__"]["vitxplain"] = json.dumps(facts | changes)
    return joined(header, data)


def with_tensor(content: bytes, name: str, **changes: Any) -> bytes:
    header, data = parts(content)
    header[name] |= changes
    return joined(header, data)


def test_what_is_cut_short_or_foreign_is_left_out(tmp_path: Path, whole: bytes):
    for length in (0, 4, 9, 300, len(whole) - 1):
        assert "cut short" in why(tmp_path, whole[:length])
    assert "no safetensors file" in why(tmp_path, b"\xff" * 64)
    assert "is not a record" in why(tmp_path, joined([], b""))
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
    assert "other tensors" in why(tmp_path, (tmp_path / "other.safetensors").read_bytes())
    assert "nested too deeply" in why(tmp_path, joined({}, b"")[:8].replace(b"\x02", b"\x00") and deep())


def deep() -> bytes:
    text = b"[" * 200_000
    return len(text).to_bytes(8, "little") + text


def test_headers_that_lie_are_refused(tmp_path: Path, whole: bytes):
    assert "cut short" in why(tmp_path, (2**63).to_bytes(8, "little") + whole[8:])
    for changes in (
        {"data_offsets": [0, 10**9], "shape": [10**9], "dtype": "U8"},
        {"shape": [2**60, 2**60, 2**60]},
        {"shape": [-1, 5]},
        {"dtype": "F64"},
        {"data_offsets": [5, 1]},
        {"shape": [1] * 100},
        {"shape": [True]},
    ):
        assert "is not a record" in why(tmp_path, with_tensor(whole, "attention.00", **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"name": 5},
        {"step": -1},
        {"layers": None},
        {"layers": [{}]},
        {"seen": [0, 0, float("nan"), 1]},
        {"picture": {"width": 10**9, "height": 1, "media": "image/png", "said": ""}},
        {"picture": {"width": 1, "height": 1, "media": "text/html", "said": ""}},
        {"maps": [{"tensor": "maps.7"}]},
        {"maps": [{"tensor": "statistics", "method": "a", "target": "", "grid": [2, 2], "sides": ["for a"]}]},
        {"statistics": ["distance"]},
        {"prediction": [{"label": 5, "score": 1}]},
        {"found": [{"label": "a", "score": 1, "box": [0, 0]}]},
        {"model": ["a"]},
    ],
)
def test_facts_that_do_not_fit_are_refused(tmp_path: Path, whole: bytes, changes: dict):
    assert "is not a record" in why(tmp_path, with_facts(whole, **changes))


@given(st.integers(8, 3000), st.binary(min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_are_changed_nothing_but_our_error_comes(
    tmp_path_factory, whole: bytes, start: int, change: bytes
):
    path = tmp_path_factory.getbasetemp() / "changed.safetensors"
    path.write_bytes(whole[:start] + change + whole[start + len(change) :])
    try:
        record = read_record(path)
    except DataError:
        return
    assert record.attention(0).shape[0] == record.layers[0]["heads"]


def test_what_is_whole_is_shown_beside_what_is_not(tmp_path: Path, whole: bytes):
    Writer(tmp_path).add("x", np.full((1, 1, 5, 5), 0.2))
    (tmp_path / "inspect" / "000000001.x.safetensors").write_bytes(whole[:-3])
    (tmp_path / "inspect" / ".vitx-0123456789ab.part").write_bytes(b"")
    recording = open_recording(tmp_path)
    assert (len(recording), len(recording.left_out)) == (1, 1)
    record = recording["x"]
    with pytest.raises(UsageError, match="no layer 3"):
        record.rows(3)
    with pytest.raises(UsageError, match="no tensor"):
        record.tensor("y")
    with pytest.raises(KeyError, match="no record of 'y'"):
        recording["y"]
    record.path.write_bytes(b"")  # replaced meanwhile
    with pytest.raises(DataError, match="cut short"):
        record.attention(0)


def test_no_folder_is_said(tmp_path: Path):
    with pytest.raises(DataError, match="there is no folder"):
        open_recording(tmp_path / "none")
    with pytest.raises(DataError, match="holds no records"):
        open_recording(tmp_path)


def test_two_hundred_records_are_listed_at_once(tmp_path: Path, whole: bytes):
    (tmp_path / "inspect").mkdir()
    for number in range(200):
        (tmp_path / "inspect" / f"{number:09d}.x.safetensors").write_bytes(whole)
    started = time.process_time()
    assert len(open_recording(tmp_path)) == 200
    assert time.process_time() - started < 1.5  # 0.1 s on an idle machine
