"""What could not be scored, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

NAMED = 3  # images of one failure that are named


@dataclass(frozen=True)
class Failure:
    """One map, or all maps of a method, that could not be made or scored; `image` is empty for all of them.

    A metric that could not be loaded stands in the place of the method, with no model and no image.
    """

    model: str
    method: str
    image: str
    message: str


def sentences(failures: Iterable[Failure]) -> list[str]:
    """A sentence for each model, method and reason, with the images it is about."""
    images: dict[tuple[str, str, str], list[str]] = {}
    for failure in failures:
        images.setdefault((failure.model, failure.method, failure.message), []).append(failure.image)
    texts = []
    for (model, method, message), all_names in images.items():
        names = [name for name in all_names if name]
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        about = f" ({len(names):,} image{'s' * (len(names) > 1)}: {', '.join(names[:NAMED])}{more})" if names else ""
        where = f"{model}, {method}" if model else method
        texts.append(f"{where}: {message}{about}")
    return texts
