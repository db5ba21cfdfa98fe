"""vitx data tile"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Json, Quiet


@guarded
def tile(
    folder: Annotated[
        Path, typer.Argument(help="images/ and masks/, or Pascal VOC; split or not.", show_default=False)
    ],
    size: Annotated[str, typer.Option("--size", metavar="HxW", help="Height and width of a tile in pixels.")],
    out: Annotated[Path, typer.Option("--out", help="The new folder.", rich_help_panel=OUTPUT)],
    overlap: Annotated[float, typer.Option("--overlap", help="Share of a tile that its neighbour repeats.")] = 0.25,
    min_defect_share: Annotated[
        float,
        typer.Option("--min-defect-share", help="From this share of defect pixels a tile is a defect."),
    ] = 0.01,
    centre_on_defects: Annotated[
        bool, typer.Option("--centre-on-defects", help="Also a tile round the middle of each defect.")
    ] = False,
    pad: Annotated[
        Literal["constant", "reflect", "edge"] | None,
        typer.Option("--pad", help="Fill for images smaller than a tile; they are never scaled.", show_default="none"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is left out.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a folder made by this command.", rich_help_panel=OUTPUT)
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Cut large images and their masks or boxes into tiles that cover them, good or with a defect.

    A tile without a defect pixel is good. One with fewer of them than --min-defect-share is neither good nor a defect:
    it is left out and counted. tiles.csv says where each tile lay.
    """
    from collections import Counter

    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.cli.shared.console import print_json, print_note, print_table, printable
    from vitxplain.cli.shared.progress import progress
    from vitxplain.data.tiling import Tiling
    from vitxplain.data.tools.tile_folder import tile_folder
    from vitxplain.files.paths import is_folder, user_path
    from vitxplain.files.walk import image_files
    from vitxplain.models.processors.sizes import parse_size

    source = user_path(folder)
    tiling = Tiling(parse_size(size), overlap, min_defect_share, centre_on_defects, pad)
    about = len(image_files(source)) // 2 if is_folder(source) else 0  # half of them are masks
    with progress("cutting", about, shown=not (quiet or json)) as advance:
        done = tile_folder(source, user_path(out), tiling, overwrite=overwrite, strict=strict, progress=advance)
    if not quiet:
        for problem in done.skipped:
            print_note(f"left out: {problem}")
        if not any(tile.split for tile in done.tiles):
            print_note(f"note: tiles of one image are alike: `vitx data split {done.folder}` keeps them in one split.")
    counts = Counter(tile.label for tile in done.tiles)
    if json:
        about_tiles = {"images": done.images, "tiles": dict(counts), "left_out": done.left_out}
        print_json({"folder": str(folder), "out": str(done.folder), **about_tiles, "skipped": list(done.skipped)})
    elif not quiet:
        console = stdout()
        print_table(["Class", "Tiles"], [(printable(name), f"{count:,}") for name, count in counts.items()], console)
        if done.left_out:
            share = f"{100 * min_defect_share:g}"
            console.print(f"{done.left_out:,} tiles left out: less than {share}% of them is defect.", soft_wrap=True)
        images = f"{done.images:,} image{'' if done.images == 1 else 's'}"
        console.print(f"{len(done.tiles):,} tiles of {images} → {printable(done.folder)}", soft_wrap=True)
