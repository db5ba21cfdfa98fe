"""What `vitx explain` says while it works: a line of classes and files an image, or JSON, and every failure."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from vitxplain.cli.console import err, out, print_error, print_json
from vitxplain.cli.guard import describe, report
from vitxplain.explanation import Explanation
from vitxplain.facts import to_json


class Reporter:
    """Counts and prints; failures always, the rest as --json and --quiet ask."""

    def __init__(self, *, json: bool, quiet: bool, debug: bool, with_target: bool) -> None:
        self.json, self.quiet, self.debug, self.with_target = json, quiet, debug, with_target
        self.failures = 0
        self.maps = 0
        self.images = 0
        self._bar: Progress | None = None

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """A bar on stderr, gone at the end; only for people, and only where there is something to wait for."""
        if self.quiet or total < 2 or not sys.stderr.isatty():
            yield
            return
        columns = TextColumn("explaining"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        redirect = {"redirect_stdout": False, "redirect_stderr": False}
        with Progress(*columns, console=err(), transient=True, **redirect) as self._bar:
            self._task = self._bar.add_task("", total=total)
            yield
        self._bar = None

    def done(self, path: str, made: Sequence[Explanation], files: Sequence[Sequence[Path]]) -> None:
        """One image is finished, as far as it could be."""
        self.images += 1
        self.maps += len(made)
        for one, written in zip(made, files, strict=True):
            if self.json:
                print_json({**to_json(one), "files": [str(file) for file in written]})
        if made and not self.json and not self.quiet:
            self._console().print(self._lines(path, made, files), soft_wrap=True)
        self._advance()

    def failed(self, path: str, methods: Sequence[str], error: Exception) -> None:
        """One image failed, for these methods."""
        self.failures += 1
        report(error, debug=self.debug, about=path)
        if self.json:
            for method in methods:
                print_json({"input": path, "method": method, "error": describe(error)})

    def unfit(self, paths: Sequence[str], method: str, message: str) -> None:
        """A method that does not fit while others do: said once, and for each input in JSON."""
        self.failures += 1
        print_error(message)
        if self.json:
            for path in paths:
                print_json({"input": path, "method": method, "error": message})

    def summary(self, folder: Path) -> None:
        """The last line, for people, where there is more than one image to count."""
        if not self.json and not self.quiet and self.images > 1:
            failed = f", {self.failures} failed" if self.failures else ""
            out().print(f"{self.images} images, {self.maps} maps in {folder}{failed}", soft_wrap=True)

    def _lines(self, path: str, made: Sequence[Explanation], files: Sequence[Sequence[Path]]) -> Text:
        prediction = made[0].prediction
        classes = zip(prediction.names, prediction.probabilities, strict=True)
        named = [f"{name.split(',')[0]} {100 * share:.1f} %" for name, share in classes]
        lines = Text.assemble((path, "bold"), "  ", (named[0], "green"), "".join(f" · {one}" for one in named[1:]))
        for one, written in zip(made, files, strict=True):
            first, *others = written
            lines.append(f"\n  {one.method}", "cyan")
            if self.with_target and one.target:
                lines.append(f" for {one.target.name.split(',')[0]} ({100 * one.target.probability:.1f} %)")
            lines.append(f" → {first}")
            lines.append("".join(f" {file.suffix}" for file in others), "dim")
        return lines

    def _console(self) -> Console:
        """Beside a running bar lines go through the bar's console, if both are the same terminal."""
        return self._bar.console if self._bar and sys.stdout.isatty() else out()

    def _advance(self) -> None:
        if self._bar:
            self._bar.advance(self._task)
