"""The width of pictures, as `--width` takes it."""

from typing import Annotated, TypeAlias

import typer

from vitxplain.cli.shared.options import OUTPUT

Width: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--width",
        metavar="INCHES|column|page",
        help="Width of pictures: column is 3.25 inches, page 6.75. Letters stay readable.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]


def typed_inches(width: str) -> float:
    """Inches of a number or a word for them.

    Raises:
        OptionError: neither.
    """
    from vitxplain.render.paper.width import inches_of  # which takes matplotlib

    try:
        number = float(width)
    except ValueError:
        return inches_of(width)
    return inches_of(number)
