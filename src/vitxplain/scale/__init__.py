"""Any number of images: maps as shards of Parquet, each whole or not there, so that a run goes on where it ended."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitxplain.scale.batches import ExplainBatches
    from vitxplain.scale.hub import push_to_hub
    from vitxplain.scale.run import explain_dataset
    from vitxplain.scale.stored_maps import StoredMap, maps

__all__ = ["ExplainBatches", "StoredMap", "explain_dataset", "maps", "push_to_hub"]

_HOMES = {
    "ExplainBatches": "batches",
    "StoredMap": "stored_maps",
    "explain_dataset": "run",
    "maps": "stored_maps",
    "push_to_hub": "hub",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vitxplain.scale' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"vitxplain.scale.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
