"""vitx patches"""

from pathlib import Path
from typing import Annotated

import typer

from vitxplain.cli.shared.console import out as stdout
from vitxplain.cli.shared.console import print_json, printable
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.options import Debug, Json, Model, Out, Quiet
from vitxplain.models.known_models import DEFAULT


@guarded
def patches(
    image: Annotated[str, typer.Argument(help="An image file or URL.", show_default=False)],
    model: Model = DEFAULT,
    out: Out = Path("vitx-out"),
    *,
    model_options: ModelOptions,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Draw an image as the model takes it in: what is seen of it, cut into patches."""
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.data.read_image import read_image, stem_of
    from vitxplain.errors import UnsupportedModelError
    from vitxplain.files.paths import user_path
    from vitxplain.files.write import write_together
    from vitxplain.render.figure import png_bytes
    from vitxplain.render.styles.patches import patch_grid
    from vitxplain.words import source_name

    picture = read_image(image)
    loaded = model_options.load(model)
    size = loaded.processor([picture]).shape[-2:]
    grid = loaded.probe((size[0], size[1])).grid
    if grid is None:
        raise UnsupportedModelError(f"{model} takes no patches: it has no grid of tokens. Choose a vision transformer.")
    figure = patch_grid(
        picture, grid, loaded.processor.geometry((picture.height, picture.width)), source_name(loaded.source)
    )
    (path,) = write_together({user_path(out) / f"{stem_of(image)}.patches.png": png_bytes(figure)})
    shape = {"rows": grid.rows, "columns": grid.columns, "patch_size": list(grid.patch_size)}
    if json:
        print_json({"input": image, "model": loaded.source, **shape, "file": str(path)})
    elif not quiet:
        stdout().print(f"{grid.rows} × {grid.columns} patches → {printable(path)}", soft_wrap=True)
