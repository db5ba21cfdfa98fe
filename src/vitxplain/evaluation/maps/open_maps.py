"""Maps that were made before, opened: shards of `explain_dataset`, or files of any tool."""

from os import PathLike

from vitxplain.errors import UsageError
from vitxplain.evaluation.maps.sharded_maps import ShardedMaps, holds_shards, sharded_maps
from vitxplain.evaluation.maps.stored_maps import StoredMaps, stored_maps
from vitxplain.scale.stores import Folder, store_of


def open_maps(source: str | PathLike[str]) -> StoredMaps | ShardedMaps:
    """Those of a folder, of shards also in an object store; what is there is listed once.

    Raises:
        UsageError: there are none, they cannot be scored, or nothing opens such addresses.
        DataError: they cannot be looked into.
        OutputError: the object store cannot be reached.
    """
    store = store_of(source)
    if holds_shards(store):
        return sharded_maps(store)
    if isinstance(store, Folder):
        return stored_maps(store.path)
    raise UsageError(
        f"{store} holds no maps that vitx explain --format parquet wrote; those of another tool are scored from a "
        "folder of this machine."
    )
