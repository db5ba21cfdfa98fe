"""`vitx data`: look at a data set, split a folder, cut large images into tiles."""

import typer

from vitxplain.cli.data.show import show
from vitxplain.cli.data.split import split
from vitxplain.cli.data.tile import tile

data = typer.Typer(
    name="data",
    help="Look at a data set, split a folder of images, cut large images into tiles.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
for command in (show, split, tile):
    data.command()(command)
