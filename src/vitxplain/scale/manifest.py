"""Which shards of a run are finished, by content: one small file each, so that processes never wait for one another."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final

from vitxplain.errors import UsageError
from vitxplain.files.documents import expected, parse_json, parse_object
from vitxplain.files.reading import reading
from vitxplain.scale.plan import check_same, checked_plan, numbered
from vitxplain.scale.stores import Store

FOLDER: Final = "manifest"
PLAN: Final = "plan.json"
PLAN_NAME: Final = f"{FOLDER}/{PLAN}"
ADVICE: Final = "give another folder, or delete this one and explain again"


@dataclass(frozen=True)
class File:
    """What a whole file of a shard holds."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Entry:
    """What is known of a finished shard: how many images it is of, why some of them have no map, and its files."""

    images: int
    failed: Mapping[str, str]  # reasons by the image's path
    files: Mapping[str, File]  # by path below the folder


def is_begun(store: Store) -> bool:
    """Whether there is a plan."""
    return store.size(PLAN_NAME) is not None


def begin(store: Store, plan: Mapping[str, Any]) -> None:
    """Write the plan into the folder, or check that it holds this one.

    Raises:
        UsageError: it holds another one.
        OutputError: it cannot be written.
    """
    if not is_begun(store):
        store.write({PLAN_NAME: _json(plan)})
    else:
        check_same(read_plan(store), parse_json(json.dumps(plan)), str(store))


def read_plan(store: Store) -> dict[str, Any]:
    """The plan of the maps in a folder, as `Plan.to_dict` gives it; what is read of every plan is there.

    Raises:
        UsageError: there is none.
        DataError: it cannot be read.
    """
    if not is_begun(store):
        raise UsageError(
            f"{store} holds no maps of a run: there is no {PLAN_NAME}. `vitx explain FOLDER --format parquet` writes "
            "them."
        )
    with reading(f"{store}/{PLAN_NAME}", "the plan of a run", ADVICE):
        return checked_plan(parse_object(store.read(PLAN_NAME).decode("utf-8-sig")))


def finish(store: Store, shard: int, files: Mapping[str, bytes], images: int, failed: Mapping[str, str]) -> None:
    """Write a shard's files, by path below the folder, then the entry that says they are whole.

    A process that is killed between the two leaves a shard that is written again, with the same bytes.

    Raises:
        OutputError: they cannot be written.
    """
    written = {name: File(sha256(content).hexdigest(), len(content)) for name, content in files.items()}
    store.write(files)
    store.write({entry_name(shard): _json(asdict(Entry(images, failed, written)))})


def finished(store: Store, shard: int) -> Entry | None:
    """The entry of a shard whose files have the sizes it says; None of one that is still to be made.

    Raises:
        DataError: the entry cannot be read.
    """
    name = entry_name(shard)
    if store.size(name) is None:
        return None
    with reading(f"{store}/{name}", "an entry of a manifest", ADVICE):
        entry = _entry(parse_object(store.read(name).decode("utf-8-sig")))
    return entry if all(store.size(name) == file.bytes for name, file in entry.files.items()) else None


def _entry(fields: Mapping[str, Any]) -> Entry:
    files = {
        name: File(expected(file, "sha256", str), expected(file, "bytes", int))
        for name, file in expected(fields, "files", dict).items()
    }
    failed = expected(fields, "failed", dict)
    return Entry(expected(fields, "images", int), {name: expected(failed, name, str) for name in failed}, files)


def entry_name(shard: int) -> str:
    """Of a shard's entry, below the folder."""
    return f"{FOLDER}/{numbered(shard, 'json')}"


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()
