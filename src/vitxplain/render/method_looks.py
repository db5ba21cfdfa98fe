"""How a method looks wherever several are drawn: by its registered name alone, so everywhere and always the same."""

from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from vitxplain.escape import utf8

# Okabe & Ito's colours that show on white and on black; colour-blind people tell them apart.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PINK, ORANGE, SKY = "#CC79A7", "#E69F00", "#56B4E9"
COLOURS: Final = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY)
SOLID: Final = ()
DASHED, DOTTED = (4, 1.5), (1.2, 1.2)  # in widths of the line: on, off, on, ...
OF_PLUGINS: Final = ((7, 1.5, 1.2, 1.5), (4, 1.2, 1.2, 1.2, 1.2, 1.2))
# Those that are drawn together most often have each a colour of its own.
METHODS: Final = {
    "affinity-attention": (BLUE, SOLID),
    "grad-cam": (VERMILION, SOLID),
    "attention-rollout": (GREEN, SOLID),
    "gradient-attention": (PINK, SOLID),
    "gradient-rollout": (ORANGE, SOLID),
    "raw-attention": (SKY, SOLID),
    "cam": (BLUE, DASHED),
    "patch-similarity": (VERMILION, DASHED),
    "gradient-activation": (GREEN, DASHED),
    "cross-attention": (PINK, DASHED),
    "d-rise": (ORANGE, DASHED),
    "gradient-cross-attention": (SKY, DASHED),
    "patch-pca": (BLUE, DOTTED),
    "head-distance": (VERMILION, DOTTED),
    "position-similarity": (GREEN, DOTTED),
    "sampling-points": (PINK, DOTTED),
}
CONTROL: Final = "#999999"
CONTROLS: Final = {"smoothed edges": (4, 1.5), "centre": (8, 2), "edges": (4, 1, 1, 1), "random": (1, 1)}


@dataclass(frozen=True)
class MethodLook:
    """A colour and a line; `dashes` are on and off in widths of the line, none of a solid one."""

    colour: str
    dashes: tuple[float, ...]
    width: float  # of the line, in points

    def line(self) -> dict[str, Any]:
        """As matplotlib draws it."""
        return {
            "color": self.colour,
            "linestyle": (0, self.dashes) if self.dashes else "-",
            "linewidth": self.width,
        }


def method_look(name: str, *, control: bool = False) -> MethodLook:
    """That of a registered method, of one of a plugin or another tool by its name's sum, or of a control, in grey."""
    number = crc32(utf8(name))
    if control:
        dashes = CONTROLS.get(name) or list(CONTROLS.values())[number % len(CONTROLS)]
        return MethodLook(CONTROL, dashes, 1.1)
    if name in METHODS:
        return MethodLook(*METHODS[name], 2.0)
    style, colour = divmod(number % (len(OF_PLUGINS) * len(COLOURS)), len(COLOURS))
    return MethodLook(COLOURS[colour], OF_PLUGINS[style], 2.0)
