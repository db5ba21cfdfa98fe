"""The curves of report.html as pictures of lines, which are as sharp on paper and take the colours of the page."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from vitxplain.evaluation.report.curve_plots import across_words, up_words
from vitxplain.evaluation.report.html.markup import Markup, element
from vitxplain.evaluation.table.mean_curves import Curve
from vitxplain.render.method_looks import MethodLook, method_look

WIDTH, HEIGHT = 360, 236  # of a picture, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44, 342, 24, 196  # of the plot in it
TICKS: Final = (0, 0.25, 0.5, 0.75, 1)


def curve_picture(metric: str, better: str, curves: Mapping[str, Curve], controls: Mapping[str, bool]) -> Markup:
    """One metric of one model: the mean curve of each method, above those of the controls."""
    order = sorted(curves, key=lambda method: not controls[method])
    lines = [_line(curves[method], method_look(method, control=controls[method])) for method in order]
    grid = [part for tick in TICKS for part in _tick(tick)]
    words = [
        _words(up_words(metric), LEFT, TOP - 10, "start"),
        _words(across_words(metric), (LEFT + RIGHT) / 2, HEIGHT - 6, "middle"),
    ]
    label = f"{metric}: {up_words(metric)} by {across_words(metric)}"
    picture = element("svg", *grid, *words, *lines, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)
    caption = element("figcaption", element("b", metric), element("small", f"{better} is better"))
    return element("figure", caption, picture)


def curve_key(controls: Mapping[str, bool]) -> Markup:
    """Which line is which method."""
    names = sorted(controls, key=lambda method: controls[method])
    return element(
        "ul", *(element("li", sample(name, control=controls[name]), name) for name in names), class_="curve-key"
    )


def sample(method: str, *, control: bool) -> Markup:
    """A short piece of a method's line."""
    line = element("path", d="M1 6H27", **_stroke(method_look(method, control=control), 1.6))
    return element("svg", line, viewBox="0 0 28 12", class_="sample", aria_hidden="true")


def _line(curve: Curve, look: MethodLook) -> Markup:
    points = " ".join(f"{_x(share):.1f},{_y(height):.1f}" for share, height in np.nan_to_num(curve))
    return element("polyline", points=points, **_stroke(look))


def _stroke(look: MethodLook, larger: float = 1.0) -> dict[str, object]:
    width = look.width * larger
    dashes = " ".join(f"{part * width:.1f}" for part in look.dashes)
    return {"stroke": look.colour, "stroke_width": f"{width:.1f}", "stroke_dasharray": dashes or None, "fill": "none"}


def _tick(share: float) -> tuple[Markup, ...]:
    x, y = f"{_x(share):.1f}", f"{_y(share):.1f}"
    return (
        element("path", d=f"M{LEFT} {y}H{RIGHT}M{x} {TOP}V{BOTTOM}", class_="grid"),
        _words(f"{share:.0%}", LEFT - 6, _y(share) + 4, "end"),
        _words(f"{share:.0%}", _x(share), BOTTOM + 16, "middle"),
    )


def _words(text: str, x: float, y: float, anchor: str) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _x(share: float) -> float:
    return LEFT + (RIGHT - LEFT) * share


def _y(height: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * min(max(height, 0.0), 1.0)
