"""What `vitx explain` says while it works: a line of classes and files an image, or JSON, and every failure."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TaskID

from vitxplain.cli.explain.lines import lines
from vitxplain.cli.shared.console import err, out, print_error, print_json, print_note, printable
from vitxplain.cli.shared.guard import report
from vitxplain.cli.shared.progress import is_worthwhile, progress_bar
from vitxplain.cli.shared.streams import result_stream
from vitxplain.errors import describe
from vitxplain.escape import shell_word
from vitxplain.explainers.passes.progress import heard_by
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.record import to_json
from vitxplain.words import counted


class Reporter:
    """Counts and prints; failures always, the rest as --json and --quiet ask."""

    def __init__(self, *, json: bool, quiet: bool, debug: bool, with_target: bool, captions: bool = False) -> None:
        self.json, self.quiet, self.debug, self.with_target = json, quiet, debug, with_target
        self.captions = captions
        self.failures = 0
        self.maps = 0
        self.images = 0
        self._bar: Progress | None = None  # while it is shown
        self._images: TaskID | None = None

    @contextmanager
    def progress(self, total: int) -> Iterator[None]:
        """A bar on stderr, gone at the end; only for people, and only where there is something to wait for."""
        shown = not (self.quiet or (self.json and result_stream().isatty()))
        bar = progress_bar("explaining")
        passes = bar.add_task(" by many passes", total=None, visible=False)

        def listen(done: int, of: int) -> None:
            if is_worthwhile(of, shown=shown):
                self._show(bar)
                bar.update(passes, completed=done, total=of, visible=done < of)

        try:
            if is_worthwhile(total, shown=shown):
                self._images = bar.add_task("", total=total)
                self._show(bar)
            with heard_by(listen):
                yield
        finally:
            if self._bar is not None:
                bar.stop()
            self._bar = self._images = None

    def _show(self, bar: Progress) -> None:
        if self._bar is None:
            self._bar = bar
            bar.start()

    def done(
        self, path: str, files: Mapping[Explanation, Sequence[Path]], sheets: Mapping[str, Path] | None = None
    ) -> None:
        """One image is finished, as far as it could be; `sheets` are pictures of several maps, by method."""
        self.images += 1
        self.maps += len(files)
        if self.json:
            for explanation, written in files.items():
                print_json({**to_json(explanation), "files": [str(file) for file in written]})
        elif files and not self.quiet:
            text = lines(path, files, sheets or {}, with_target=self.with_target, captions=self.captions)
            self._console().print(text, soft_wrap=True)
        if self._bar and self._images is not None:
            self._bar.advance(self._images)

    def failed(self, path: str, methods: Sequence[str], error: Exception) -> None:
        """One image failed, for these methods."""
        self.failures += 1
        report(error, debug=self.debug, about=path, console=self._errors())
        if self.json:
            for method in methods:
                print_json({"input": path, "method": method, "error": describe(error)})

    def refused(self, paths: Sequence[str], method: str, message: str) -> None:
        """A method that does not work with this model while others do: said once, and for each input in JSON."""
        self.failures += 1
        print_error(message, self._errors())
        if self.json:
            for path in paths:
                print_json({"input": path, "method": method, "error": message})

    def note(self, message: str) -> None:
        """Something worth knowing that is no failure."""
        if not self.quiet:
            print_note(f"note: {message}", self._errors())

    def table(self, path: Path) -> None:
        """The table of all results is written."""
        if not self.json and not self.quiet:
            out().print(f"table of {counted(self.maps, 'map')} → {printable(path)}", soft_wrap=True)

    def summary(self, folder: Path) -> None:
        """The last line, for people, where there is more than one image to count."""
        if not self.json and not self.quiet and self.images > 1:
            failed = f", {self.failures} failed" if self.failures else ""
            maps = f"{self.maps} map{'' if self.maps == 1 else 's'} in {printable(folder)}"
            out().print(f"{self.images} images, {maps}{failed}", soft_wrap=True)

    def next_step(self, path: str, source: str) -> None:
        """The command that shows whether a map is to be believed, for whoever sits at a terminal."""
        if not self.json and not self.quiet and self.maps and sys.stderr.isatty():
            words = [shell_word(shlex.quote(word), word) for word in (path, "--model", source)]
            print_note(f"check it: vitx compare {' '.join(words)} --controls centre,random-weights", self._errors())

    def _errors(self) -> Console:
        return self._bar.console if self._bar else err()

    def _console(self) -> Console:
        """Beside a running bar lines go through the bar's console, if both are the same terminal."""
        return self._bar.console if self._bar and sys.stdout.isatty() else out()
