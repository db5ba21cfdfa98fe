"""What could not be scored, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

NAMED = 3  # images of one failure that are named


@dataclass(frozen=True)
class Failure:
    """One map, or all maps of a method, that could not be made or scored; `image` is empty for all of them."""

    model: str
    method: str
    image: str
    message: str


def sentences(failures: Iterable[Failure]) -> list[str]:
    """One for each model, method and reason, with the images it is about."""
    images: dict[tuple[str, str, str], list[str]] = {}
    for one in failures:
        images.setdefault((one.model, one.method, one.message), []).append(one.image)
    found = []
    for (model, method, message), names in images.items():
        known = [name for name in names if name]
        more = f" and {len(known) - NAMED:,} more" if len(known) > NAMED else ""
        about = f" ({len(known):,} image{'s' * (len(known) > 1)}: {', '.join(known[:NAMED])}{more})" if known else ""
        found.append(f"{model}, {method}: {message}{about}")
    return found
