"""Code of other packages, run so that it can neither end the process nor change it, and is named where it fails."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from vitxplain.errors import PluginError, VitxplainError
from vitxplain.generators import generators


@contextmanager
def foreign_code(what: str, advice: str, failure: str = "failed") -> Iterator[None]:
    """Around each call of a plugin's own code; `what` names it with its package.

    The standard streams, the working folder, the random generators, torch's threads and number format and the filters
    of warnings are as they were afterwards.

    Raises:
        PluginError: it failed in whatever way, by leaving (`SystemExit`) too. What already says what is wrong in the
            user's words, a full memory and Ctrl-C go on as they are.
    """
    with _process_kept():
        try:
            yield
        except (VitxplainError, MemoryError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            if type(error).__name__ == "OutOfMemoryError":  # torch's
                raise
            cause = f"{type(error).__name__}: {str(error).strip().rstrip('.') or 'no message'}"
            raise PluginError(f"{what} {failure}: {cause}. {advice}") from error


@contextmanager
def _process_kept() -> Iterator[None]:
    undo = [*_streams(), *_folder(), *generators(), *_torch()]
    with warnings.catch_warnings():
        try:
            yield
        finally:
            for put_back in undo:
                put_back()


def _streams() -> Iterator[Callable[[], Any]]:
    for name in ("stdin", "stdout", "stderr"):
        yield partial(setattr, sys, name, getattr(sys, name))


def _folder() -> Iterator[Callable[[], Any]]:
    with suppress(OSError):  # a folder that is gone cannot be gone back to
        yield partial(_go_back, os.getcwd())  # noqa: PTH109 - a string costs less


def _go_back(folder: str) -> None:
    with suppress(OSError):
        os.chdir(folder)


def _torch() -> Iterator[Callable[[], Any]]:
    if torch := sys.modules.get("torch"):
        yield partial(torch.set_default_dtype, torch.get_default_dtype())
        yield partial(_set_threads, torch, torch.get_num_threads())


def _set_threads(torch: Any, threads: int) -> None:
    if torch.get_num_threads() != threads:  # setting it makes a new pool
        torch.set_num_threads(threads)
