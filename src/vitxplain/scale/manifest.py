"""Which shards of a run are finished, by content: one small file each, so that processes never wait for one another."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from vitxplain.errors import UsageError
from vitxplain.files.documents import parse_json, parse_object
from vitxplain.files.reading import reading
from vitxplain.scale.plan import check_same, numbered
from vitxplain.scale.stores import Store

FOLDER: Final = "manifest"
PLAN: Final = "plan.json"
PLAN_NAME: Final = f"{FOLDER}/{PLAN}"
ADVICE: Final = "give another folder, or delete this one and explain again"


def begin(store: Store, plan: Mapping[str, Any]) -> None:
    """Write the plan into the folder, or check that it holds this one.

    Raises:
        UsageError: it holds another one.
        OutputError: it cannot be written.
    """
    if store.size(PLAN_NAME) is None:
        store.write({PLAN_NAME: _json(plan)})
    else:
        check_same(read_plan(store), parse_json(json.dumps(plan)), str(store))


def read_plan(store: Store) -> dict[str, Any]:
    """The plan of the maps in a folder.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    if store.size(PLAN_NAME) is None:
        raise UsageError(
            f"{store} holds no maps of a run: there is no {PLAN_NAME}. `vitx explain FOLDER --format parquet` writes "
            "them."
        )
    with reading(f"{store}/{PLAN_NAME}", "the plan of a run", ADVICE):
        return parse_object(store.read(PLAN_NAME).decode("utf-8-sig"))


def finish(store: Store, shard: int, files: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
    """Write a shard's files, by path below the folder, then the entry that says they are whole.

    A process that is killed between the two leaves a shard that is written again, with the same bytes.

    Raises:
        OutputError: they cannot be written.
    """
    contents = {name: {"sha256": sha256(content).hexdigest(), "bytes": len(content)} for name, content in files.items()}
    store.write(files)
    store.write({entry_name(shard): _json({**facts, "files": contents})})


def is_finished(store: Store, shard: int) -> bool:
    """Whether the shard's entry is there and its files have the sizes it says.

    Raises:
        UsageError: the entry cannot be read.
    """
    return finished_files(store, shard) is not None


def finished_files(store: Store, shard: int) -> dict[str, dict[str, Any]] | None:
    """The files of a finished shard with their sha256; None of another. Raises as `is_finished`."""
    if store.size(entry_name(shard)) is None:
        return None
    files: dict[str, dict[str, Any]] = entry(store, shard)["files"]
    return files if all(store.size(name) == content["bytes"] for name, content in files.items()) else None


def entry(store: Store, shard: int) -> dict[str, Any]:
    """What is known of a finished shard: its counts, and its files with their sha256.

    Raises:
        UsageError: it cannot be read.
    """
    name = entry_name(shard)
    with reading(f"{store}/{name}", "an entry of a manifest", ADVICE):
        fields = parse_object(store.read(name).decode("utf-8-sig"))
        if not all(isinstance(content["bytes"], int) for content in fields["files"].values()):
            raise ValueError("its files have no sizes")
        return fields


def entry_name(shard: int) -> str:
    """Of a shard's entry, below the folder."""
    return f"{FOLDER}/{numbered(shard, 'json')}"


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()
