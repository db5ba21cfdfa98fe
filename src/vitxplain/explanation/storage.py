"""Explanations on disk: STEM.METHOD.npz for the numbers, .json for the facts, .png for the eye."""

import json
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from vitxplain.errors import OptionError, UsageError, VitxplainError
from vitxplain.escape import utf8
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.found_record import LONGEST_LABEL, MASKS, REGION, checked_masks, masks_of
from vitxplain.explanation.image_mark import image_mark, stored_mark
from vitxplain.explanation.look import PLAIN, Look
from vitxplain.explanation.record import SCHEMAS, from_json, schema_of, to_json
from vitxplain.explanation.tables import csv_of
from vitxplain.explanation.target_words import label_of
from vitxplain.files.arrays import read_npz
from vitxplain.files.documents import read_object
from vitxplain.files.paths import exists, is_file, is_folder, user_path
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading, shortened
from vitxplain.files.walk import is_image_name
from vitxplain.files.write import write_together
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.words import slug

__all__ = ["DEFAULT", "FORMATS", "PICTURES", "load", "save", "to_json"]

PICTURES: Final = ("png", "pdf", "svg")
FORMATS: Final = (*PICTURES, "npz", "json", "csv")
DEFAULT: Final = ("png", "npz", "json")  # where nobody says
READABLE = "an explanation that can be read"
ARRAYS = ("values", "axes", "image", REGION, MASKS)  # of the npz, those that loading takes; from "image" on if there
AUTO: Final = "auto"  # the style that fits the values
JPEG_LONGEST = 65_535  # pixels; the format knows no longer side


def save(
    explanation: Explanation,
    folder: Path,
    stem: str,
    formats: Sequence[str] = DEFAULT,
    style: str = AUTO,
    label: str = "",
    look: Look = PLAIN,
) -> list[Path]:
    """Write STEM.METHOD.FORMAT for each of the formats; the paths, in the order asked.

    `style` and `look` are those of pictures. Where the target has a label, such as that of an object, or one is given,
    it is STEM.METHOD.LABEL.FORMAT; a style other than "auto" is named after that: STEM.METHOD.signed.png lies beside
    STEM.METHOD.png.

    The npz holds `values`, `axes`, `grid` (rows, columns, prefix, suffix tokens; empty without tokens), `schema`,
    `image`, the original as the bytes of a JPEG, so that a loaded explanation can be drawn wherever it went, and where
    there are any the `region` of the target and the `masks` of what was found.

    Raises:
        OptionError: an unknown format.
        UsageError: a stem that is no plain file name, or axes without such a picture while one is asked for.
        OutputError: the folder cannot be written or the disk is full; no half-written file stays.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise OptionError(f"there is no format {', '.join(unknown)!r}; give some of {', '.join(FORMATS)}.")
    if not isinstance(stem, str) or Path(f"{stem}.{explanation.method}").name != f"{stem}.{explanation.method}":
        raise UsageError(f"{stem!r} is no plain file name; give the folder first, then the name without folders.")
    name = file_stem(explanation, stem, label, style)
    # Everything is made before anything is written: a picture that fails leaves no numbers behind without it.
    contents = {one: _content(explanation, one, style, look) for one in formats}
    return write_together({folder / f"{name}.{one}": content for one, content in contents.items()})


def stem_in(explanation: Explanation, folder: Path, style: str = AUTO) -> str:
    """The name of the image, numbered where what lies in the folder under it is about another image of that name."""
    source = explanation.provenance.get("input")

    def is_free(stem: str) -> bool:
        name = file_stem(explanation, stem, style=style)
        facts = folder / f"{name}.json"
        if source and is_file(facts) and (stored := _input_of(facts)):
            return bool(stored == source)
        marks = {stored_mark(file) for form in PICTURES if is_file(file := folder / f"{name}.{form}")}
        return not source or marks <= {"", image_mark(source)}

    numbered = (f"{explanation.stem}-{number}" for number in count(2))
    return next(filter(is_free, chain([explanation.stem], numbered)))


def _input_of(facts: Path) -> Any:
    """The image that a json is about; None where it does not say, or cannot be read."""
    try:
        return read_object(facts).get("input")
    except (OSError, ValueError, VitxplainError):
        return None


def is_file_name(path: Path, formats: Sequence[str] = FORMATS) -> bool:
    """Whether a path is that of one file, by its ending.

    Raises:
        OptionError: it ends as a picture of another format does.
    """
    if is_folder(path):
        return False
    is_file_of_ours = path.suffix.removeprefix(".").lower() in formats
    if not is_file_of_ours and is_image_name(path.name):
        raise OptionError(f"{path} names a picture in a format that is not written; give some of {', '.join(formats)}.")
    return is_file_of_ours


def format_list(formats: str | Sequence[str]) -> list[str]:
    """The formats of a text such as "png,npz", or of a list.

    Raises:
        OptionError: it is neither.
    """
    if isinstance(formats, str):
        return [name.strip() for name in formats.split(",")]
    if not isinstance(formats, Sequence) or not all(isinstance(name, str) for name in formats):
        raise OptionError(f"{formats!r:.80} names no formats; give some of {', '.join(FORMATS)}, such as 'png,npz'.")
    return list(formats)


def save_file(explanation: Explanation, path: Path, style: str = AUTO, look: Look = PLAIN) -> Path:
    """Write one file, in the format of its ending; errors as `save`."""
    name = path.suffix.removeprefix(".").lower()
    return write_together({path: _content(explanation, name, style, look)})[0]


def file_stem(explanation: Explanation, stem: str, label: str = "", style: str = AUTO) -> str:
    """The name of its files without their ending; `label` in place of that of its target."""
    label = label or file_label(explanation)
    named = [slug(label, empty="target", keep="=~,")[:LONGEST_LABEL]] if label else []
    return ".".join([stem, explanation.method, *named, *([] if style == AUTO else [style])])


def file_label(explanation: Explanation) -> str:
    """What its files are named by beside the method; empty where that is all."""
    return explanation.label or (label_of(explanation.target) if explanation.target else "")


def load(path: str | Path) -> Explanation:
    """The explanation saved under this name: STEM.METHOD, with or without .npz, .json or .png, or STEM alone.

    Needs the npz and the json, side by side; nothing in them is ever unpickled. Options that were tuples come back as
    lists, and the image as the JPEG it was stored as, or plain grey where it was not.

    Raises:
        UsageError: no such files, or files that hold no explanation.
    """
    numbers, facts = _files(user_path(path))
    advice = "give files that `vitx explain` or Explanation.save wrote, unchanged"
    with reading(facts, READABLE, advice, UsageError):
        fields = read_object(facts)
        if fields["schema"] not in SCHEMAS:
            raise UsageError(
                f"{facts} has schema {shortened(fields['schema'])}, this version of vitxplain reads "
                f"{' and '.join(map(str, SCHEMAS))}; upgrade vitxplain, or make the explanation again."
            )
    with reading(numbers, READABLE, advice, UsageError):
        arrays = read_npz(numbers, lambda names: [name for name in ARRAYS if name in names])
        values, axes = arrays["values"].astype(np.float32), str(arrays["axes"])
        image = _decoded(arrays["image"]) if "image" in arrays else None
        masks = checked_masks(arrays)
    with reading(facts, READABLE, advice, UsageError):
        if image is None:
            image = _grey(Geometry.from_dict(fields["geometry"]).image_size)
        return from_json(fields, values, axes, image, masks)


def _files(path: Path) -> tuple[Path, Path]:
    """The npz and the json meant by a path."""
    if not path.name:
        raise UsageError(f"{str(path)!r} names no explanation; give the path of one, without or with its ending.")
    base = path.with_suffix("") if path.suffix.removeprefix(".") in FORMATS else path
    numbers, facts = (base.with_name(f"{base.name}.{format_}") for format_ in ("npz", "json"))
    if not exists(numbers) and not exists(facts):
        listed = base.parent.iterdir() if is_folder(base.parent) else ()
        named = sorted(file.stem for file in listed if file.name.startswith(f"{base.name}.") and file.suffix == ".npz")
        if len(named) == 1:
            return _files(base.with_name(f"{named[0]}.npz"))
        which = f"; give one of {', '.join(named)}" if named else "; give the path without or with its ending"
        raise UsageError(f"there is no explanation at {path}{which}.")
    for file in (numbers, facts):
        if not is_file(file):
            raise UsageError(f"{file} is missing: loading needs the npz and the json; save with formats npz,json.")
    return numbers, facts


def _npz(explanation: Explanation) -> bytes:
    buffer = BytesIO()
    np.savez_compressed(
        buffer,
        values=explanation.values,
        axes=np.array(explanation.axes),
        grid=np.array(_counts(explanation.grid), np.int64),
        schema=np.array(schema_of(explanation)),
        image=np.frombuffer(_encoded(explanation.image), np.uint8),
        **masks_of(explanation),
    )
    return buffer.getvalue()


def _counts(grid: TokenGrid | None) -> tuple[int, ...]:
    return (grid.rows, grid.columns, grid.num_prefix_tokens, grid.num_suffix_tokens) if grid else ()


def _encoded(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.convert("RGB").save(buffer, "JPEG" if max(image.size) <= JPEG_LONGEST else "PNG", quality=92)
    return buffer.getvalue()


def _decoded(content: np.ndarray) -> Image.Image:
    return open_picture(BytesIO(content.tobytes())).convert("RGB")


def _grey(size: Sequence[int]) -> Image.Image:
    """In place of an image that was not stored, (height, width)."""
    return Image.new("RGB", (size[1], size[0]), (160, 160, 160))


def _json(explanation: Explanation) -> bytes:
    return utf8(json.dumps(to_json(explanation), indent=2, ensure_ascii=False) + "\n")


def _content(explanation: Explanation, form: str, style: str, look: Look) -> bytes:
    if form not in PICTURES:
        return _OF_FORMATS[form](explanation)
    from vitxplain.render.draw import picture_bytes

    return picture_bytes(explanation, form, style, look)


_OF_FORMATS: dict[str, Callable[[Explanation], bytes]] = {
    "npz": _npz,
    "json": _json,
    "csv": lambda explanation: csv_of([explanation]),
}
