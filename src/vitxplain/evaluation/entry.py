"""Entry: one model, or maps without one, and all whose maps are scored there."""

from collections.abc import Sequence
from dataclasses import dataclass

from vitxplain.evaluation.makers import Blind, Maker
from vitxplain.metrics.base import METHOD, MODEL
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.vision_model import VisionModel

ALL = "all"


@dataclass(frozen=True, eq=False)
class Entry:
    """A block of the table. `name` is the model's, or that of the folder of maps; `positive` as in `targets_of`."""

    name: str
    model: VisionModel | None
    makers: tuple[Maker, ...]
    positive: bool = False

    def methods(self) -> dict[str, Maker]:
        """Who makes the maps of which method; the controls last."""
        return {name: maker for maker in self.makers for name in maker.names}

    def lacking(self, maker: Maker) -> frozenset[str]:
        """Needs of metrics that nobody can meet for these maps."""
        return maker.without | (frozenset() if self.model else frozenset({MODEL, METHOD}))


def entry_of(name: str, model: VisionModel | None, makers: Sequence[Maker], *, positive: bool = False) -> Entry:
    """With the controls, which every table has."""
    return Entry(name, model, (*makers, Blind(CONTROLS, model)), positive)
