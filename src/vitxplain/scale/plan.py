"""The plan of a run: which images lie in which shard, and all that decides what their maps are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vitxplain.errors import UsageError
from vitxplain.files.documents import expected

IMAGES_OF_A_SHARD: Final = 256
MOST_SHARDS: Final = 1_000_000
SCHEMA: Final = 1


def numbered(shard: int, ending: str) -> str:
    """The name of a file of a shard."""
    return f"{shard:05}.{ending}"


def shards_of(images: int) -> int:
    """How many hold so many images."""
    return -(-images // IMAGES_OF_A_SHARD)


def places_in(shard: int, images: int) -> range:
    """Of the images in a shard, of so many in all."""
    start = shard * IMAGES_OF_A_SHARD
    return range(start, min(start + IMAGES_OF_A_SHARD, images))


@dataclass(frozen=True)
class MapKind:
    """What the maps of a method are: their axes, and their shape where it is the same for every image."""

    axes: str
    shape: tuple[int, ...] | None
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """Fixed before the first image; a run with the same plan goes on where another ended.

    `facts` are plain values: model, task, targets, batch size, versions, the digest of the listing.
    """

    images: int
    kinds: Mapping[str, MapKind]  # by method
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        methods = {
            name: {"axes": kind.axes, "shape": kind.shape and list(kind.shape), "options": dict(kind.options)}
            for name, kind in self.kinds.items()
        }
        return {
            "schema": SCHEMA,
            "images": self.images,
            "shards": shards_of(self.images),
            "methods": methods,
            **self.facts,
        }


def checked_plan(stored: dict[str, Any]) -> dict[str, Any]:
    """A plan from a file, of which the counts, the methods and the model are there as `Plan.to_dict` writes them.

    Raises:
        ValueError: they are not.
    """
    shards, images = (expected(stored, name, int) for name in ("shards", "images"))
    if not 0 <= shards <= MOST_SHARDS or images < 0:
        raise ValueError(f"it has {shards:,} shards of {images:,} images")
    methods = expected(stored, "methods", dict)
    if not methods:
        raise ValueError("it has no methods")
    for name in methods:
        expected(expected(methods, name, dict), "axes", str)
    expected(expected(stored, "model", dict), "id", str)
    expected(stored, "task", str), expected(stored, "dtype", str)
    if not all(isinstance(target, str) for target in expected(stored, "targets", list)):
        raise ValueError("its targets are no texts")
    data = stored.get("data")
    if data is not None and [name for name in ("name", "split") if not isinstance(data[name], str | None)]:
        raise ValueError("the data have no name")
    return stored


def check_same(stored: Mapping[str, Any], now: Mapping[str, Any], folder: str) -> None:
    """Raises:
    UsageError: the folder holds maps of another plan; the message names what differs.
    """
    if unsaid := sorted(now.keys() ^ stored.keys()):
        raise UsageError(
            f"{folder} holds maps that another version of vitxplain began: one of its plan and that of this version "
            f"alone has {', '.join(unsaid)}, so this version cannot go on with them. What is finished can be read "
            "(`scale.maps`). Give another folder for these, or delete this one and explain again."
        )
    other = [name for name in now if stored[name] != now[name]]
    if other:
        raise UsageError(
            f"{folder} holds maps that were begun otherwise: {_differences(other, stored, now)}. Give another folder "
            "for these, or run it as it was begun."
        )


def _differences(names: list[str], stored: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if "listing" in names and set(names) <= {"listing", "images", "shards", "data"}:
        return f"the images are others ({stored.get('images')} then, {now.get('images')} now)"
    said = [f"{name} was {_brief(stored.get(name))} and is {_brief(now.get(name))}" for name in names]
    methods = [", ".join(plan.get("methods", ())) for plan in (stored, now)]
    if methods[0] != methods[1]:
        said = [f"for {methods[0]}, and this is for {methods[1]}"]
    return "; ".join(said[:3]) + ("; and more" if len(said) > 3 else "")


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
