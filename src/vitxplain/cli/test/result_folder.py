"""Where `vitx test` writes: a folder for each question, so that no test takes the place of another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitxplain.data.sample import Split
from vitxplain.files.documents import expected, read_object
from vitxplain.options.describe import as_text
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.words import percent, slug, source_name

RESULTS = Path("vitx-out/test")
_FIGURES = {"top1": "top-1", "map50": "mAP50", "miou": "mIoU"}


def folder_of(
    model: str, run: RunFolder | None, data: str, split: Split, options: Mapping[str, Any], limit: int | None
) -> Path:
    """RUN/test for the test split the run was trained with; for all else a folder named by what is tested on what."""
    if run:
        trained = run.saved_config()
        if (trained.data, dict(trained.data_options), "test", None) == (data, dict(options), split, limit):
            return run.path / "test"
        options = {key: value for key, value in options.items() if trained.data_options.get(key) != value}
        parent, parts = run.path / "test", [source_name(data)]
    else:
        parent, parts = RESULTS, [source_name(model), source_name(data)]
    parts += [split, *(f"{key}-{as_text(value)}" for key, value in sorted(options.items()))]
    parts += [] if limit is None else [str(limit)]
    return parent / "-".join(slug(part) for part in parts)


def earlier(folder: Path) -> str | None:
    """What a test that lies there was, in words; None where none lies."""
    try:
        facts = read_object(folder / "test.json")
        data, images = expected(facts, "data", dict), expected(facts, "images", int)
        name, split = expected(data, "name", str), expected(data, "split", str)
        figure = next(figure for figure in _FIGURES if figure in facts)
        reached = f"{_FIGURES[figure]} {percent(expected(facts, figure, float))}"
        return f"on {source_name(name)} ({split}, {images:,} images, {reached})"
    except (OSError, ValueError, RecursionError, StopIteration):
        return None
