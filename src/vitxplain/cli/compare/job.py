"""The work of `vitx compare`: what was typed, explained, drawn and written; every cell without a map named."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vitxplain.cli.shared.console import out, print_error, print_json, print_note, printable
from vitxplain.cli.shared.data_options import data_options
from vitxplain.cli.shared.guard import DONE, SOME_FAILED
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.progress import progress
from vitxplain.cli.shared.width import typed_inches
from vitxplain.comparison.arrange import check_layout, grid_of
from vitxplain.comparison.comparison import MODELS, Comparison, Place, compared
from vitxplain.comparison.names import with_names
from vitxplain.comparison.run import entries_of
from vitxplain.data.load import load_data
from vitxplain.data.target_mask import with_masks_read
from vitxplain.errors import OptionError, UsageError, describe
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import PICTURES
from vitxplain.files.paths import real_path, user_path
from vitxplain.files.write import check_writable, write_together
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.parse import key_and_value
from vitxplain.render.figure import png_bytes
from vitxplain.render.paper.vector import vector_bytes
from vitxplain.render.sheets.grid_sheet import grid_sheet
from vitxplain.scale.image_sources import find
from vitxplain.words import counted

# What holds commas of its own, then all else between commas.
_TARGET: Final = re.compile(r"\s*((?:box:|patch@|@)[^,]*(?:,\s*-?[\d.]+)+|[^,]+)\s*(?:,|$)")


@dataclass(frozen=True)
class Job:
    """What was typed."""

    images: Sequence[str]
    models: Sequence[str]
    methods: Sequence[str]
    targets: Sequence[str]  # with commas
    whole_targets: Sequence[str]  # one each
    data: str | None
    limit: int
    controls: str
    options: Sequence[str]
    rows: str
    title: str | None
    names: Sequence[str]
    width: str | None
    out: Path
    min_score: float | None
    batch_size: int


def run(job: Job, model_options: ModelOptions, *, shared_scale: bool, json: bool, quiet: bool, debug: bool) -> int:
    """Do the job; the exit code.

    Raises:
        VitxplainError: nothing could be compared.
    """
    file = user_path(job.out)
    form = file.suffix.removeprefix(".").lower()
    if form not in PICTURES:
        raise OptionError(
            f"--out is {job.out}; it takes a file that ends in {', '.join(f'.{one}' for one in PICTURES)}."
        )
    check_writable(file.parent)
    of_data = [text for text in job.options if text.startswith("data.")]
    of_methods = dict(key_and_value(text) for text in job.options if text not in of_data)
    images = _images(job, data_options(of_data))
    if any(isinstance(image, str) and real_path(user_path(image)) == real_path(file) for image in images):
        raise UsageError(f"--out {job.out} is one of the images; give another file.")
    targets = with_masks_read([*split_targets(job.targets), *job.whole_targets]) or [None]
    plain = entries_of(images, _words(job.models), _words(job.methods), targets, _words([job.controls]))
    entries = with_names(plain, names_in(job.names))
    rows = _words([job.rows]) or None
    width = None if job.width is None else typed_inches(job.width)
    check_layout(entries, rows, width)

    def open_model(name: Any) -> VisionModel:
        return model_options.load(name).finding_from(job.min_score)

    with progress("comparing", len(entries[MODELS]), shown=not (quiet or json)) as advance:
        comparison = compared(
            entries, open_model, of_methods, text=True, advance=lambda: advance(1), batch_size=job.batch_size
        )
    figure = grid_sheet(grid_of(comparison, rows=rows, shared_scale=shared_scale, title=job.title), width)
    (written,) = write_together({file: png_bytes(figure) if form == "png" else vector_bytes(figure, form)})
    _say(comparison, written, json=json, quiet=quiet, debug=debug)
    return SOME_FAILED if comparison.failures else DONE


def split_targets(texts: Sequence[str]) -> list[str]:
    """Targets between commas; those of a box, a point or a patch stay."""
    return [match.strip() for text in texts for match in _TARGET.findall(text) if match.strip()]


def names_in(texts: Sequence[str]) -> dict[str, str]:
    """`OLD=NEW` between commas; a part without `=` belongs to the name before it, which has a comma.

    Raises:
        UsageError: a text does not begin with `OLD=`.
    """
    names = dict[str, str]()
    for text in texts:
        key = None
        for part in text.split(","):
            before, sign, after = part.partition("=")
            if sign:
                key = before.strip()
                names[key] = after.strip()
            elif key is None:
                raise UsageError(f"--names {text} is no OLD=NEW; write such as --names grad-cam=Grad-CAM,cat='My cat'.")
            else:
                names[key] += f",{part}"
    return names


def _images(job: Job, options: dict[str, str]) -> list[Any]:
    if (job.data is None) == (not job.images):
        raise UsageError("give the images to compare, or a data set with --data, and not both.")
    if job.data is not None:
        return list(load_data(job.data, limit=job.limit, options=options))
    sources = find(job.images)
    for source in sources:
        if source.error:
            raise UsageError(source.error)
    return [source.path for source in sources]


def _words(texts: Sequence[str]) -> list[str]:
    return [word.strip() for text in texts for word in text.split(",") if word.strip()]


def _say(comparison: Comparison, file: Path, *, json: bool, quiet: bool, debug: bool) -> None:
    failures = comparison.failures
    for sentence in _sentences(comparison, failures):
        print_error(sentence)
    for sentence in () if quiet else _sentences(comparison, comparison.unfit):
        print_note(f"note: {sentence}")
    if debug:
        for error in dict.fromkeys(failures.values()):
            import traceback

            print_error("".join(traceback.format_exception(error)))
    if json:
        for position, outcome in comparison.outcomes.items():
            names = [
                entries[number].label for entries, number in zip(comparison.entries.values(), position, strict=True)
            ]
            said = dict(zip(("input", "model", "method", "target"), names, strict=True))
            made = isinstance(outcome, Explanation)
            print_json({**said, "file": str(file)} if made else {**said, "error": describe(outcome)})  # type: ignore[arg-type]
    elif not quiet:
        maps, unfit = len(comparison.outcomes) - len(comparison.empty), len(comparison.unfit)
        failed = f", {len(failures)} could not be made" if failures else ""
        left_out = f", {counted(unfit, 'cell')} whose method does not fit the model" if unfit else ""
        out().print(f"{counted(maps, 'map')}{failed}{left_out} → {printable(file)}", soft_wrap=True)


def _sentences(comparison: Comparison, errors: Mapping[Place, Exception]) -> list[str]:
    """One for each reason, with the cells that it is about."""
    by_reason: dict[str, list[str]] = {}
    for position, error in errors.items():
        by_reason.setdefault(describe(error), []).append(comparison.words(position))
    sentences = []
    for why, where in by_reason.items():
        named = [words for words in where if words]
        about = f"{named[0]}{f' and {len(named) - 1} more' if len(named) > 1 else ''}: " if named else ""
        sentences.append(f"{about}{why}")
    return sentences
