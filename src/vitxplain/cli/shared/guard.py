"""Errors as one sentence and exit codes as documented, for every command."""

import errno
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from types import FrameType
from typing import Any, Final

import typer
from rich.console import Console

from vitxplain.cli.shared.console import print_error, print_note
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.cli.shared.option_groups import unfolded
from vitxplain.cli.shared.streams import no_questions, results_alone
from vitxplain.errors import CaptureError, ImageError, OutputError, TrainError, VitxplainError, describe, memory_is_full
from vitxplain.interrupts import exit_code, handled, importer, interrupt, never_lost, raised_on_return
from vitxplain.models.startup import end_startup

DONE: Final = 0
SOME_FAILED: Final = 1
NOT_ATTEMPTED: Final = 2


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """A command that returns its exit code (None for 0) and may raise; `--debug` adds the traceback."""
    plain = unfolded(command)
    opens_models = ModelOptions in command.__annotations__.values()

    @wraps(plain)
    def run(*args: Any, **kwargs: Any) -> None:
        if not opens_models:  # where one is opened, that imports the most
            end_startup()
        with _warnings_as_notes(shown=not kwargs.get("quiet", False)):
            code = _exit_code(plain, *args, **kwargs)
        raise typer.Exit(code)

    return run


@contextmanager
def _warnings_as_notes(*, shown: bool) -> Iterator[None]:
    """A warning is one line without a place in the code, said once; Pillow's, about files it reads, are none."""
    printed: set[str] = set()

    def say(message: Warning | str, *_args: Any, **_kwargs: Any) -> None:
        if shown and str(message) not in printed:
            printed.add(str(message))
            print_note(f"note: {message}")

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.showwarning = say
        yield


def _exit_code(command: Callable[..., int | None], *args: Any, **kwargs: Any) -> int:
    debug = kwargs.get("debug", False)
    try:
        with _interrupts_as_such(), _streams(json=kwargs.get("json", False), debug=debug):
            return command(*args, **kwargs) or DONE
    except KeyboardInterrupt as stopped:
        print_error("interrupted; what was finished is kept, nothing is half-written.")
        return exit_code(stopped)
    except VitxplainError as error:
        report(error, debug=debug)
        # The call, the model or the method was no good; or an image, a folder, a pass, which is found only by trying.
        return SOME_FAILED if isinstance(error, (ImageError, OutputError, CaptureError, TrainError)) else NOT_ATTEMPTED
    except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
        raise
    except Exception as error:
        report(_stdout_failed(error) or error, debug=debug)
        return SOME_FAILED


@contextmanager
def _streams(*, json: bool, debug: bool) -> Iterator[None]:
    """Nothing but results on stdout under --json; no questions, but a debugger's under --debug."""
    with results_alone() if json else nullcontext(), nullcontext() if debug else no_questions():
        yield


@contextmanager
def _interrupts_as_such() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise, after what is being imported; where a library swallows that and fails, it counts."""
    interrupted: int | None = None

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = number
        importing = importer(frame, within=_exit_code.__code__)
        if importing is None:
            raise interrupt(number)
        if not raised_on_return(number, importing):
            again(number)

    try:
        with never_lost() as again, handled(remember):
            yield
    except Exception as error:
        if interrupted is not None:
            raise interrupt(interrupted) from error
        raise


def _stdout_failed(error: Exception) -> OutputError | None:
    """Where the standard output is a full disk; files of ours are named in the error."""
    if not isinstance(error, OSError) or error.filename or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return None
    return OutputError(f"what this command prints could not be written: {error.strerror}. Send it elsewhere.")


def report(error: Exception, *, debug: bool, about: str = "", console: Console | None = None) -> None:
    """One error on stderr; `about` names the input where the message may not."""
    sentence = describe(error)
    print_error(f"{about}: {sentence}" if about not in sentence else sentence, console)
    if debug:
        print_note("".join(traceback.format_exception(error)), console)
    elif not isinstance(error, VitxplainError) and not memory_is_full(error):
        print_note("  This should not happen: run it again with --debug and report the traceback, please.", console)
