"""vitx data split"""

from pathlib import Path
from typing import Annotated

import typer

from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Json, Quiet


@guarded
def split(
    folder: Annotated[
        Path, typer.Argument(help="Class folders, images/ and masks/, Pascal VOC, or a table.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="The new folder.", rich_help_panel=OUTPUT)],
    ratio: Annotated[
        str, typer.Option("--ratio", metavar="A,B,C", help="Shares of train, validation and test.")
    ] = "80,10,10",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another draw.")] = 0,
    link: Annotated[bool, typer.Option("--link/--copy", help="Symbolic links to the files, or copies.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is left out.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a folder made by this command.", rich_help_panel=OUTPUT)
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Share a folder of images out into train, validation and test, each class by itself.

    An image, its mask and its annotation stay together, and so do tiles of one image. split.csv says where each went.
    """
    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.cli.shared.console import print_json, print_note, print_table, printable
    from vitxplain.data.splits.ratio import SPLITS
    from vitxplain.data.tools.split_folder import split_folder
    from vitxplain.files.paths import user_path

    shares = _shares(ratio)
    done = split_folder(user_path(folder), user_path(out), shares, seed, link=link, overwrite=overwrite, strict=strict)
    if not quiet:
        for problem in done.skipped:
            print_note(f"left out: {problem}")
        if (whole := sum(shares)) not in (1, 100):
            parts = ", ".join(f"{share / whole:.1%}" for share in shares)
            print_note(f"note: --ratio {ratio} adds up to {whole:g}; taken as {parts}.")
        if empty := [kind for kind, share in zip(SPLITS, shares, strict=True) if share and not any(done.counts[kind])]:
            print_note(f"note: {' and '.join(empty)} got no image; there are too few for this share.")
        if done.missing:
            print_note(f"note: a split has no image of class {', '.join(done.missing)}: there are too few of them.")
    if json:
        counts = {kind: dict(zip(done.labels, done.counts[kind], strict=True)) for kind in SPLITS}
        about = {"folder": str(folder), "out": str(done.folder), "ratio": shares, "seed": seed}
        print_json({**about, "images": counts, "skipped": list(done.skipped)})
    elif not quiet:
        console = stdout()
        rows = [
            (printable(name), *(f"{done.counts[kind][label]:,}" for kind in SPLITS))
            for label, name in enumerate(done.labels)
        ]
        total = ("all", *(f"{sum(done.counts[kind]):,}" for kind in SPLITS))
        print_table(["Class", *(kind.capitalize() for kind in SPLITS)], [*rows, total], console)
        if done.together:
            console.print(f"{done.together:,} images share a source with others and went where those went.")
        console.print(f"→ {printable(done.folder)}", soft_wrap=True)


def _shares(text: str) -> tuple[float, float, float]:
    """The three shares of a text such as 80,10,10."""
    from vitxplain.errors import OptionError

    try:
        train, validation, test = map(float, text.split(","))
    except ValueError:
        raise OptionError(
            f"--ratio is {text!r}; it takes three shares, of train, validation and test, such as 80,10,10."
        ) from None
    return train, validation, test
