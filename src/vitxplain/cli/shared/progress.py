"""A bar on stderr while something long runs; only for people, and only where there is something to wait for."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vitxplain.cli.shared.console import err


@contextmanager
def progress(doing: str, total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Gives a function that advances the bar; the bar is gone at the end."""
    if not is_worthwhile(total, shown=shown):
        yield lambda _: None
        return
    with progress_bar(doing) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)


def is_worthwhile(total: int, *, shown: bool) -> bool:
    """Whether a bar is wanted, somebody looks and there is more than one step."""
    return shown and total > 1 and sys.stderr.isatty()


def progress_bar(doing: str, *details: str, shown: bool = True, stderr_above: bool = False) -> Progress:
    """The one look of all bars, not started yet; gone at the end.

    Args:
        doing: what stands before it.
        details: further columns, in rich's format of a task's fields: "{task.fields[figures]}".
        shown: otherwise nothing is drawn.
        stderr_above: what others write to stderr is printed above it.
    """
    further = map(TextColumn, details)
    columns = (
        TextColumn(f"{doing}{{task.description}}"),
        BarColumn(),
        MofNCompleteColumn(),
        *further,
        TimeRemainingColumn(),
    )
    return Progress(
        *columns,
        console=err(),
        transient=True,
        disable=not shown,
        redirect_stdout=False,
        redirect_stderr=stderr_above,
    )
