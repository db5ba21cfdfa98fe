"""Letters for class names in any script: the fonts to draw with, and what to do where none has a letter."""

from functools import cache
from typing import Final

from matplotlib import font_manager

# DejaVu comes with matplotlib; the others are what systems bring for further scripts.
FALLBACKS: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Arial Unicode MS",
    "WenQuanYi Zen Hei",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)


@cache
def families() -> list[str]:
    """The installed fonts to look for a letter in, in this order.

    The generic family is last: an SVG is opened where DejaVu is not installed, and would have serifs there.
    """
    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in FALLBACKS if name in installed), "sans-serif"]


def drawable(text: str) -> str:
    """The text on one line, with a box for every letter no font has; matplotlib would warn at each drawing."""
    return drawable_lines(" ".join(text.split()))


def drawable_lines(text: str) -> str:
    """The same with its lines and spaces as they are."""
    return "".join(letter if letter == "\n" or ord(letter) in _letters() else "□" for letter in text)


@cache
def _letters() -> frozenset[int]:
    paths = (font_manager.findfont(font_manager.FontProperties(family=[name])) for name in families())
    fonts = map(font_manager.get_font, paths)
    return frozenset().union(*(font.get_charmap() for font in fonts))
