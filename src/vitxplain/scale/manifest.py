"""Which shards of a run are finished, by content: one small file each, so that processes never wait for one another."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from vitxplain.errors import UsageError
from vitxplain.files.documents import parse_json, read_object
from vitxplain.files.paths import is_file
from vitxplain.files.reading import reading
from vitxplain.files.write import write_together
from vitxplain.scale.plan import check_same, numbered

FOLDER: Final = "manifest"
PLAN: Final = "plan.json"
ADVICE: Final = "give another folder, or delete this one and explain again"


def begin(folder: Path, plan: Mapping[str, Any]) -> None:
    """Write the plan into the folder, or check that it holds this one.

    Raises:
        UsageError: it holds another one.
        OutputError: it cannot be written.
    """
    file = folder / FOLDER / PLAN
    if is_file(file):
        check_same(read_plan(folder), parse_json(json.dumps(plan)), str(folder))
    else:
        write_together({file: _json(plan)})


def read_plan(folder: Path) -> dict[str, Any]:
    """The plan of the maps in a folder.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    file = folder / FOLDER / PLAN
    if not is_file(file):
        raise UsageError(
            f"{folder} holds no maps of a run: there is no {FOLDER}/{PLAN}. `vitx explain FOLDER --format parquet` "
            "writes them."
        )
    with reading(str(file), "the plan of a run", ADVICE):
        return read_object(file)


def finish(folder: Path, shard: int, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
    """Write a shard's files, by path below the folder, then the entry that says they are whole.

    A process that is killed between the two leaves a shard that is written again, with the same bytes.

    Raises:
        OutputError: they cannot be written.
    """
    contents = {name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()}
    write_together({folder / name: content for name, content in files.items()})
    write_together({_entry(folder, shard): _json({**facts, "files": contents})})


def is_finished(folder: Path, shard: int) -> bool:
    """Whether the shard's entry is there and its files have the sizes it says.

    Raises:
        UsageError: the entry cannot be read.
    """
    return is_file(_entry(folder, shard)) and all(
        is_file(folder / name) and (folder / name).stat().st_size == content["bytes"]
        for name, content in entry(folder, shard)["files"].items()
    )


def entry(folder: Path, shard: int) -> dict[str, Any]:
    """What is known of a finished shard: its counts, and its files with their sha256.

    Raises:
        UsageError: it cannot be read.
    """
    file = _entry(folder, shard)
    with reading(str(file), "an entry of a manifest", ADVICE):
        fields = read_object(file)
        if not all(isinstance(content["bytes"], int) for content in fields["files"].values()):
            raise ValueError("its files have no sizes")
        return fields


def entry_name(shard: int) -> str:
    """Of a shard's entry, below the folder."""
    return f"{FOLDER}/{numbered(shard, 'json')}"


def _entry(folder: Path, shard: int) -> Path:
    return folder / entry_name(shard)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()
