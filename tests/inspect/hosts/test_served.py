"""What a server gives of recordings: an index, whole files, parts of them, and nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest

from vitxplain.inspect import Writer
from vitxplain.inspect.hosts import lines
from vitxplain.inspect.hosts.served import Answer, Served
from vitxplain.inspect.record_file import read_record


def recorded(folder: Path, *names: str, step: int = 0) -> None:
    weights = np.full((2, 5, 5), 0.2, np.float32)
    for name in names:
        Writer(folder).add(name, [weights], step=step)


def content(answer: Answer) -> bytes:
    return b"".join(answer.body)


def listed(served: Served) -> list[str]:
    return [record["id"] for record in json.loads(content(served.index()))["records"]]


def test_the_index_lists_the_records_of_all_runs_as_they_come(tmp_path: Path):
    served = Served(lambda: {"": tmp_path})
    assert served.is_empty()
    recorded(tmp_path / "first", "cat")
    assert listed(served) == ["first/inspect/000000000.cat.safetensors"]
    recorded(tmp_path / "second", "dog", step=20)
    assert not served.is_empty()
    assert listed(served)[1:] == ["second/inspect/000000020.dog.safetensors"]


def test_folders_with_names_begin_the_ids_and_the_runs(tmp_path: Path):
    recorded(tmp_path / "a", "cat")
    recorded(tmp_path / "b/deep", "cat")
    served = Served(lambda: {"left": tmp_path / "a", "right": tmp_path / "b", "none": tmp_path / "c"})
    records = json.loads(content(served.index()))["records"]
    assert [record["run"] for record in records] == ["left", "right"]
    for record in records:
        assert served.record(record["id"], None).status == 200


def test_a_range_is_these_bytes_of_the_file(tmp_path: Path):
    recorded(tmp_path, "cat")
    served = Served(lambda: {"": tmp_path})
    (name,) = listed(served)
    whole = (tmp_path / name).read_bytes()
    assert content(served.record(name, None)) == whole
    for ranges, expected in {"bytes=0-7": whole[:8], "bytes=8-": whole[8:], "bytes=3-99999999": whole[3:]}.items():
        answer = served.record(name, ranges)
        assert (answer.status, content(answer)) == (206, expected)
        assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")
        assert int(answer.headers["Content-Length"]) == len(expected)


@pytest.mark.parametrize(
    "ranges", ["bytes=9999999-", "bytes=5-2", "bytes=-5", "bytes=0-1,3-4", "lines=0-1", "", "bytes=a-b"]
)
def test_a_range_that_cannot_be_met_is_told(tmp_path: Path, ranges: str):
    recorded(tmp_path, "cat")
    served = Served(lambda: {"": tmp_path})
    answer = served.record(listed(served)[0], ranges)
    assert answer.status == 416
    assert b"The record has" in content(answer)


@pytest.mark.parametrize(
    "identity",
    [
        "",
        "..",
        "../secret.safetensors",
        "inspect/../../secret.safetensors",
        "/etc/passwd",
        "inspect",
        "inspect/notes.txt",
        "inspect/\0",
        "./inspect/000000000.cat.safetensors",
        "inspect//000000000.cat.safetensors",
    ],
)
def test_nothing_but_records_is_served(tmp_path: Path, identity: str):
    (tmp_path / "secret.safetensors").write_text("secret")
    logs = tmp_path / "logs"
    recorded(logs, "cat")
    (logs / "inspect/notes.txt").write_text("secret")
    answer = Served(lambda: {"": logs}).record(identity, None)
    assert answer.status == 404
    assert b"secret" not in content(answer)


def test_a_record_that_is_gone_is_not_found(tmp_path: Path):
    recorded(tmp_path, "cat")
    served = Served(lambda: {"": tmp_path})
    (name,) = listed(served)
    (tmp_path / name).unlink()
    assert served.record(name, None).status == 404


def test_files_cut_short_are_left_out_and_named(tmp_path: Path):
    recorded(tmp_path, "cat", "dog")
    path = tmp_path / "inspect/000000000.cat.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    index = json.loads(content(Served(lambda: {"": tmp_path}).index()))
    assert [record["name"] for record in index["records"]] == ["dog"]
    assert [one["file"] for one in index["left_out"]] == ["inspect/000000000.cat.safetensors"]


def test_only_files_that_changed_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    recorded(tmp_path, "cat", "dog")
    served, read = Served(lambda: {"": tmp_path}), []
    monkeypatch.setattr(lines, "read_record", lambda path: read.append(path.name) or read_record(path))
    assert len(listed(served)) == 2
    assert len(read) == 2
    read.clear()
    recorded(tmp_path, "fox")
    recorded(tmp_path, "dog")  # of the same size
    (tmp_path / "inspect/000000000.cat.safetensors").unlink()
    assert [name.split(".")[1] for name in listed(served)] == ["dog", "fox"]
    assert sorted(read) == ["000000000.dog.safetensors", "000000000.fox.safetensors"]
    read.clear()
    (tmp_path / "inspect/000000000.dog.safetensors").write_bytes(b"cut short")
    for _ in range(2):
        assert [name.split(".")[1] for name in listed(served)] == ["fox"]
    assert read == ["000000000.dog.safetensors"]  # what is no record is not tried again either
