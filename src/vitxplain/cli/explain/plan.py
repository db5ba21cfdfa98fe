"""Checks the options of `vitx explain` before a model is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vitxplain.cli.explain.drawing import Drawing
from vitxplain.errors import OptionError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import build, check_names, usable
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.explanation.look import PLAIN, Look
from vitxplain.explanation.storage import AUTO, DEFAULT, FORMATS, PICTURES, is_file_name
from vitxplain.files.paths import user_path
from vitxplain.files.write import check_writable
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.parse import key_and_value
from vitxplain.render.draw import METHODS
from vitxplain.scale.stores import is_remote

PARQUET: Final = "parquet"
TABLE: Final = "csv"
GIF: Final = "gif"  # of pictures that move
FILES: Final = (*FORMATS, GIF)  # in which one result is written, or the table of all
SUMMARY: Final = "summary.csv"
OVERLAY: Final = "overlay"


@dataclass(frozen=True)
class Plan:
    """Methods by name ("auto" may be one: that of the style, else of the model), options as text, where results go.

    `broken` says by name what is wrong with plugins that cannot be used; the other methods go on.
    """

    methods: list[str]
    options: dict[str, str]
    formats: list[str]
    folder: Path
    style: str = "auto"
    broken: Mapping[str, str] = field(default_factory=dict)
    bands: str | None = None  # of a multi-band image, that pictures show
    file: Path | None = None  # of the only result, where its name was typed
    typed: bool = True  # whether the formats were typed
    look: Look = PLAIN  # of pictures

    @property
    def files(self) -> list[str]:
        """The formats of single results."""
        return [name for name in self.formats if name not in (TABLE, GIF)]

    @property
    def draws_overlays(self) -> bool:
        """Whether maps of the image are drawn over it, so that several may stand on one sheet or follow in time."""
        return self.style in (AUTO, OVERLAY)

    @property
    def moves(self) -> bool:
        """Whether pictures that move are animated without being asked to."""
        return not self.typed and self.file is None and self.draws_overlays

    @property
    def is_table(self) -> bool:
        """Whether nothing is written but one table of all results."""
        return set(self.formats) == {TABLE}

    @property
    def table(self) -> Path | None:
        """The table of all results, where one is asked for."""
        return (self.file or self.folder / SUMMARY) if TABLE in self.formats else None

    def explainers(self, model: VisionModel) -> dict[str, Explainer]:
        """The methods with their options; "auto" chosen for this model."""
        chosen = METHODS.get(self.style)
        methods = [chosen or auto_method(model) if name == "auto" else name for name in self.methods]
        return build(methods, self.options, text=True)


@dataclass(frozen=True, eq=False)
class Job:
    """Everything `vitx explain` needs to know."""

    model: VisionModel
    plan: Plan
    images: Sequence[str]  # as typed: files, folders, patterns, URLs
    typed: Sequence[str]  # targets
    top_k: int
    batch_size: int

    @property
    def options(self) -> dict[str, int]:
        """Of the API."""
        return {"top_k": self.top_k, "batch_size": self.batch_size}


def is_sharded(
    formats: str | None, images: Sequence[str] | None, data: str | None, repository: str | None = None
) -> bool:
    """Whether shards are asked for.

    Raises:
        UsageError: neither images nor a data set were given, or both, or a data set or a repository for other formats.
        OptionError: other formats beside it.
    """
    names = [name.strip() for name in (formats or "").split(",") if name.strip()]
    if PARQUET in names and len(names) > 1:
        raise OptionError(f"--format {formats} mixes {PARQUET}, shards of many images, with files of one; give either.")
    if data is not None and PARQUET not in names:
        raise UsageError(f"--data is for any number of images: add --format {PARQUET}.")
    if repository is not None and PARQUET not in names:
        raise UsageError(f"--push-to-hub is for maps in shards: add --format {PARQUET}.")
    if (data is None) == (not images):
        raise UsageError("give the images to explain, or a data set with --data, and not both.")
    return PARQUET in names


def method_names(methods: Sequence[str]) -> list[str]:
    """Of `--method`, given once or more, each with commas or without.

    Raises:
        UsageError, UnknownNameError: there is none, or one that does not exist.
    """
    names = [name.strip() for word in methods for name in word.split(",") if name.strip()]
    if not names:
        raise UsageError("--method names no method; leave it out, or see `vitx methods`.")
    check_names(names)
    return names


def plan(
    methods: Sequence[str],
    options: Sequence[str],
    formats: str | None,
    out: Path | str,
    drawing: Drawing = Drawing(),  # noqa: B008 - frozen
) -> Plan:
    """The plan, or the error in it. `out` is a folder, or by its ending a file; `formats` None are all three of them.

    Raises:
        UnknownNameError, OptionError, UsageError: a method, option, format, picture style, width, resolution or
            colour map that does not exist.
        OutputError: the folder cannot be written.
    """
    if is_remote(out):
        raise UsageError(f"--out {out} is for maps in shards: add --format {PARQUET}.")
    out = user_path(out)
    file = out if is_file_name(out, FILES) else None
    typed = formats is not None
    if formats is None:
        formats = ",".join(DEFAULT) if file is None else file.suffix.removeprefix(".").lower()
    elif file is not None:
        raise UsageError(
            f"--out {out} names a file, whose ending says its format; leave --format out, or give a folder."
        )
    names = method_names(methods)
    _, broken = usable(list(dict.fromkeys(names)))
    folder = out if file is None else out.parent
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in FILES]:
        raise OptionError(f"there is no format {', '.join(unknown)}; --format takes some of {','.join(FILES)}.")
    if not chosen:
        raise OptionError(f"--format names no format; it takes some of {','.join(FILES)}.")
    named = [name for name in names if name not in broken]
    by_option = dict(key_and_value(option) for option in options)
    bands = by_option.pop("bands", None)
    reasons = {name: str(error) for name, error in broken.items()}
    look = drawing.look()
    result = Plan(named, by_option, chosen, folder, drawing.style, reasons, bands, file, typed, look)
    if GIF in chosen and not result.draws_overlays:
        raise OptionError(f"--format gif is drawn in the style {OVERLAY}, not {drawing.style}; leave --style out.")
    if (option := drawing.first_typed) and not {*PICTURES, GIF} & set(chosen):
        raise OptionError(f"{option} is about the picture, and --format {formats} has none: add png, pdf or svg.")
    if "auto" not in named:
        build(named, result.options, text=True)
    check_writable(folder)
    return result
