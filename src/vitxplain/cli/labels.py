"""vitx labels"""

from typing import Annotated

import typer

from vitxplain.cli.shared.console import print_json, print_table
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import Debug, Json, Model, Quiet
from vitxplain.models.known_models import DEFAULT


@guarded
def labels(
    word: Annotated[
        str | None,
        typer.Argument(metavar="[WORD]", help="Show only names that have this in them.", show_default=False),
    ] = None,
    model: Model = DEFAULT,
    *,
    model_options: ModelOptions,
    json: Json = False,
    quiet: Quiet = False,  # noqa: ARG001 - the list is all there is
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """List the classes of a model: the numbers and names that --target takes."""
    from vitxplain.errors import UnsupportedModelError, UsageError

    loaded = model_options.load(model)
    if not loaded.labels:
        raise UnsupportedModelError(f"{model} has no classes: it gives features. Choose a classifier or a detector.")
    listed = {
        index: name for index, name in sorted(loaded.labels.items()) if (word or "").casefold() in name.casefold()
    }
    if not listed:
        raise UsageError(f"none of the {len(loaded.labels)} classes of {model} has {word!r} in its name.")
    if json:
        for index, name in listed.items():
            print_json({"index": index, "name": name})
        return
    print_table(["Index", "Name"], [(str(index), name) for index, name in listed.items()])
