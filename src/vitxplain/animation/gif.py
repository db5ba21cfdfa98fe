"""The pictures of a clip's explanations as an animated GIF: one scale for all, each shown as long as its frame was."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from typing import Final

from PIL import Image

from vitxplain.explanation.clipping import clipped
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import Limits, limits_of, widest
from vitxplain.explanation.look import PLAIN, Look
from vitxplain.files.pictures import open_picture

LONGEST: Final = 900  # pixels of a side
COLOURS: Final = 256
ASKED: Final = 4  # frames at most, spread over the clip, whose colours all take


def gif_bytes(explanations: Sequence[Explanation], milliseconds: Sequence[int], look: Look = PLAIN) -> bytes:
    """The overlays of explanations of frames of one size, in the order of time, as a GIF that repeats for ever.

    The same colour is the same value in every frame: the scale runs from the lowest value of all to the highest.

    Args:
        explanations: maps of the image, by one method.
        milliseconds: how long each is shown.
        look: width, colours and title of each.

    Raises:
        UsageError: the values hold no map of the image.
        UnknownNameError, OptionError: no such colour map, width or percentile.
    """
    look.check()
    alike = look == PLAIN
    explanations = [clipped(explanation, look.percentile) for explanation in explanations]
    look = replace(look, percentile=None)  # they are cut, and say at which percentile
    limits = shared_limits(explanations)
    step = -(-len(explanations) // ASKED)
    sampled = [_picture(explanation, limits, look, alike=alike) for explanation in explanations[::step]]
    palette = _palette(sampled)
    pictures = (
        _picture(explanation, limits, look, alike=alike) if number % step else sampled[number // step]
        for number, explanation in enumerate(explanations)
    )
    first, *rest = (picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for picture in pictures)
    buffer = BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=list(milliseconds), loop=0)
    return buffer.getvalue()


def shared_limits(explanations: Sequence[Explanation]) -> Limits:
    """The values that are black and brightest in all of them; raises as `gif_bytes`."""
    return widest(limits_of(made.values, made.axes, made.geometry, made.method) for made in explanations)


def _palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """An image of the colours that all frames take: with colours of its own each would show the same value anew."""
    beside = Image.new("RGB", (sum(picture.width for picture in pictures), max(picture.height for picture in pictures)))
    left = 0
    for picture in pictures:
        beside.paste(picture, (left, 0))
        left += picture.width
    return beside.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)  # rare colours too: the highest heat is one


def _picture(explanation: Explanation, limits: Limits, look: Look, *, alike: bool) -> Image.Image:
    """One frame; `alike` says that the sheets of all are laid out in the same way."""
    from vitxplain.render.draw import plot
    from vitxplain.render.figure import png_bytes
    from vitxplain.render.pair import reused_sheets

    with reused_sheets() if alike else nullcontext():  # at a width the figure is laid out anew
        picture = open_picture(BytesIO(png_bytes(plot(explanation, "overlay", look=look, limits=limits))))
    picture.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return picture.convert("RGB")
