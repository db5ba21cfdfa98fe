"""`vitx explain --format parquet`: any number of images, as shards."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from vitxplain.cli.explain.plan import PARQUET, method_names
from vitxplain.cli.shared.console import err, out, print_error, print_json, printable
from vitxplain.cli.shared.guard import DONE, SOME_FAILED
from vitxplain.cli.shared.progress import progress_bar
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet
from vitxplain.errors import OptionError
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.parse import key_and_value
from vitxplain.processes import starts_first, starts_several
from vitxplain.scale import explain_dataset, push_to_hub
from vitxplain.scale.hub import check_access
from vitxplain.scale.run import Done, Summary
from vitxplain.scale.stores import is_remote
from vitxplain.words import counted

MOST_NAMED: Final = 10  # images that failed


@dataclass(frozen=True)
class Sharded:
    """What was typed."""

    methods: Sequence[str]
    options: Sequence[str]
    targets: Sequence[str]
    top_k: int
    batch_size: int
    min_score: float | None
    out: str
    of_pictures: str  # the first option about pictures, as typed; empty where none was
    repository: str | None = None  # of the Hub, that the maps are pushed to


def explain_sharded(
    typed: Sharded,
    images: Sequence[str] | None,
    data: str | None,
    load: Callable[[], VisionModel],
    *,
    json: bool,
    quiet: bool,
) -> int:
    """Explain all of them; the exit code.

    Raises:
        VitxplainError: as `explain_dataset`.
    """
    if typed.of_pictures:
        raise OptionError(f"{typed.of_pictures} is about pictures, and --format {PARQUET} writes none.")
    if typed.repository is not None:
        if starts_several():
            raise OptionError(
                "--push-to-hub is for one process, and several were started; when they are done, run the same command "
                "alone: it explains nothing again, and pushes."
            )
        if is_remote(typed.out):
            raise OptionError(f"--push-to-hub pushes a folder of this machine, and --out is {typed.out}; give either.")
        check_access(typed.repository)
    methods = method_names(typed.methods)
    options = dict(key_and_value(option) for option in typed.options)
    source: DataSet | list[str] = load_data(data) if data is not None else list(images or [])
    bar = progress_bar("explaining") if not (json or quiet) and starts_first() else None
    with bar or nullcontext():
        task = None if bar is None else bar.add_task("", total=None)

        def advance(count: int) -> None:
            if bar is not None and task is not None:
                bar.advance(task, count)

        def report(done: Done) -> None:
            if json:
                print_json({"shard": done.shard, "images": done.images, "failed": done.failed, "before": done.before})

        summary = explain_dataset(
            load(),
            source,
            typed.out,
            methods,
            target=typed.targets,
            top_k=typed.top_k,
            batch_size=typed.batch_size,
            min_score=typed.min_score,
            report=report,
            advance=advance,
            text_options=options,
        )
    _say(summary, typed.out, quiet=quiet or json)
    if typed.repository is not None:
        address = push_to_hub(typed.out, typed.repository)
        if json:
            print_json({"pushed": address})
        elif not quiet:
            out().print(f"pushed to {address}", soft_wrap=True)
    return SOME_FAILED if summary.failed else DONE


def _say(summary: Summary, folder: str, *, quiet: bool) -> None:
    failed = list(summary.failed.items())
    for path, why in failed[:MOST_NAMED]:
        print_error(why if path in why else f"{path}: {why}", err())
    if len(failed) > MOST_NAMED:
        print_error(f"and {len(failed) - MOST_NAMED} more, in the column `error`.", err())
    if not quiet:
        before = summary.shards - summary.made
        earlier = f", {before} of them by an earlier run" if before else ""
        said = f"{counted(summary.images, 'image')} in {counted(summary.shards, 'shard')}{earlier}: {printable(folder)}"
        out().print(f"{said}{f', {len(failed)} failed' if failed else ''}", soft_wrap=True)
