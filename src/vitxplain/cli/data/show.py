"""vitx data show"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from vitxplain.cli.data.object_tables import object_record, print_objects
from vitxplain.cli.shared.data_options import data_options
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Json, Quiet

if TYPE_CHECKING:
    from vitxplain.data.sample import DataSet
    from vitxplain.data.tools.survey import Survey

LISTED: Final = 12  # classes the sheet can name with their counts


@guarded
def show(
    source: Annotated[str, typer.Argument(help="A built-in set, a folder or a Hub id.", show_default=False)],
    split: Annotated[
        Literal["train", "validation", "test"] | None,
        typer.Option(
            "--split", help="Part of the data.", show_default="train; all of a folder that cannot be trained on"
        ),
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=400, help="How many images to draw.")] = 40,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other images.")] = 0,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="At most so many images are looked at, spread over the set.")
    ] = 2000,
    option: Annotated[
        list[str],
        typer.Option("-o", "--option", metavar="data.KEY=VALUE", help="An option of the data.", show_default=False),
    ] = [],  # noqa: B006 - typer's way; never changed
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is skipped.")] = False,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the sheet, or the PNG file itself.", rich_help_panel=OUTPUT)
    ] = Path("vitx-out"),
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """Draw a contact sheet: images of each class, with lines round what is known of the object; and count.

    Masks are outlined in green, boxes in yellow; where all objects are known, each class has a colour.
    """
    from vitxplain.cli.shared.console import print_json, print_note
    from vitxplain.cli.shared.progress import progress
    from vitxplain.data.load import load_data
    from vitxplain.data.tools.survey import survey
    from vitxplain.errors import DataError
    from vitxplain.files.paths import user_path
    from vitxplain.files.write import check_writable, write_together
    from vitxplain.render.figure import png_bytes
    from vitxplain.render.sheets.data_sheet import data_sheet

    options = data_options(option)
    check_writable(_file(user_path(out), source, split or "train").parent)  # of whatever split, before data are opened
    notes: tuple[str, ...] = ()
    if split is None:
        whole, options, notes = _part(source, options, strict=strict)
        split = whole.split
    else:
        whole = load_data(source, split, strict=strict, options=options)
    file = _file(user_path(out), source, split)
    data = load_data(source, split, strict=strict, options=options, limit=limit) if len(whole) > limit else whole
    with progress("looking", len(data), shown=not (quiet or json)) as advance:
        data_survey = survey(data, count, seed, advance)
    if not quiet:
        for note in (*notes, *data.notes, *(f"skipped: {image}" for image in data_survey.skipped)):
            print_note(f"note: {note}")
    if not data_survey.chosen:
        raise DataError(f"none of the {len(data)} images of {source} can be read; the first: {data_survey.skipped[0]}")
    of = f"{len(data):,} of {len(whole):,}" if len(data) < len(whole) else f"{data_survey.total:,}"
    headline = f"{_short(source)} · {split} · {of} image{'' if data_survey.total == 1 else 's'}"
    detail = _counts(data_survey, data.object_labels)
    picture = data_sheet(data_survey.chosen, data_survey.labels, headline, detail, data.map_labels)
    write_together({file: png_bytes(picture)})
    if json:
        print_json({**_record(source, whole, data_survey), "file": str(file)})
    elif not quiet:
        _print(data, data_survey, headline, file)


def _part(source: str, options: dict[str, str], *, strict: bool) -> tuple["DataSet", dict[str, str], tuple[str, ...]]:
    """The images to show where no split is named, the options they take, and what to say of them.

    Train; of a folder without splits that cannot be trained on, since it has one class only or few images, all of it.
    """
    from vitxplain.data.folders.disk_images import OneClassError
    from vitxplain.data.load import EmptySplitError, load_data

    try:
        train = load_data(source, "train", strict=strict, options=options)
    except (OneClassError, EmptySplitError) as error:
        every = {**options, "ratio": "0,0,1"}
        try:
            whole = load_data(source, "test", strict=strict, options=every)
        except EmptySplitError:
            raise error from None
        reason = "one class only" if isinstance(error, OneClassError) else "no images for training"
        what = f"there is {reason}, so all images are shown as test; vitx evaluate takes them with -o data.ratio=0,0,1."
        return whole, every, (what,)
    return train, options, ("this is the train split; vitx test and vitx evaluate take test (--split test).",)


def _file(out: Path, source: str, split: str) -> Path:
    return out if out.suffix.lower() == ".png" else out / f"{_short(source).replace('/', '-')}.{split}.png"


def _short(source: str) -> str:
    """A folder by its own name, a Hub id whole."""
    from vitxplain.files.paths import is_folder, real_path, user_path

    path = user_path(source)
    return (real_path(path).name or "data") if is_folder(path) else source.replace(":", "-")


def _counts(data_survey: "Survey", object_labels: tuple[str, ...]) -> str:
    """Images by class, or, of many classes, from the least to the most; or how many objects there are."""
    if object_labels:
        objects = data_survey.counts.objects
        return f"{objects.total():,} objects of {len(+objects)} of {len(object_labels)} names"
    if len(data_survey.images) > LISTED:
        least, most = min(data_survey.images.values()), max(data_survey.images.values())
        span = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        return f"{len(data_survey.images)} classes of {span} image{'' if most == 1 else 's'} each"
    return " · ".join(f"{data_survey.labels[label]}: {count:,}" for label, count in sorted(data_survey.images.items()))


def _sizes(data_survey: "Survey", label: int) -> str:
    """`64 × 64`, or from the least to the greatest, height first."""
    least, greatest = data_survey.sizes[label]
    sides = (str(low) if low == high else f"{low}-{high}" for low, high in zip(least, greatest, strict=True))
    return " × ".join(sides)


def _record(source: str, whole: "DataSet", data_survey: "Survey") -> dict[str, Any]:
    classes = [
        {
            "name": data_survey.labels[label],
            "images": data_survey.images.get(label, 0),
            "with_object": data_survey.marked.get(label, 0),
            "height": [side[0] for side in data_survey.sizes.get(label, ())],
            "width": [side[1] for side in data_survey.sizes.get(label, ())],
        }
        for label in range(len(data_survey.labels))
    ]
    about = {"data": source, "split": whole.split, "images": len(whole), "looked_at": data_survey.total}
    details = {"object_known": data_survey.located, "classes": classes, **object_record(whole, data_survey.counts)}
    return {**about, **details, "skipped": data_survey.skipped}


def _print(data: "DataSet", data_survey: "Survey", headline: str, file: Path) -> None:
    from vitxplain.cli.shared.console import out, print_table, printable

    console = out()
    console.print(printable(headline), style="bold", soft_wrap=True)
    rows = [
        (
            printable(name),
            f"{data_survey.images.get(label, 0):,}",
            f"{100 * data_survey.images.get(label, 0) / data_survey.total:.1f}%",
            _sizes(data_survey, label) if label in data_survey.sizes else "-",
            f"{data_survey.marked.get(label, 0):,}" if data_survey.located else "-",
        )
        for label, name in enumerate(data_survey.labels)
    ]
    if not data.object_labels and not data.map_labels:
        print_table(["Class", "Images", "Share", "Height × width", "With mask or box"], rows, console)
    print_objects(data, data_survey.counts)
    if not data_survey.located and not data.map_labels:
        console.print("It is not known where the objects are: there are no masks or boxes.", soft_wrap=True)
    elif data_survey.located < data_survey.total:
        console.print(
            f"Masks or boxes are known of {data_survey.located:,} of the {data_survey.total:,} images.", soft_wrap=True
        )
    drawn = f"{len(data_survey.chosen)} image{'' if len(data_survey.chosen) == 1 else 's'}"
    console.print(f"{drawn} → {printable(file)}", soft_wrap=True)
