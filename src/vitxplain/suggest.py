"""Names near to the one that was written, and the question "did you mean ...?"."""

from collections.abc import Iterable
from difflib import get_close_matches


def similar_names(name: str, names: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Those of the names that resemble this one, the nearest first.

    Args:
        name: as the user wrote it.
        names: what there is.
        most: no more than so many.
        cutoff: from 0, anything resembles it, to 1, only the same letters do.
    """
    return get_close_matches(name, list(names), n=most, cutoff=cutoff)


def did_you_mean(near: Iterable[str], otherwise: str = "", *, start: str = "did") -> str:
    """The question with the near names ("did you mean a or b?"), or what to say where there are none.

    Args:
        near: the names, as they are shown.
        otherwise: said where nothing is near.
        start: the first word, "Did" where the question is a sentence of its own.
    """
    listed = " or ".join(near)
    return f"{start} you mean {listed}?" if listed else otherwise
