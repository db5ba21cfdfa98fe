"""What a signal raises, wherever it comes."""

import importlib
import signal
import sys
import time
import weakref
from pathlib import Path
from types import FrameType

import pytest

from vitxplain.interrupts import Terminated, exit_code, handled, importing, interrupt, never_lost


class Held:
    """Something with a weak reference to it."""


def _raise(number: int, _frame: FrameType | None) -> None:
    raise interrupt(number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_a_callback_whose_exceptions_python_ignores_is_raised_after_it(number: signal.Signals):
    """An import drops a lock, whose weak reference calls back: what is raised there reaches nobody."""
    reached: list[str] = []

    def call_back(_reference: object) -> None:
        reached.append("callback")
        signal.raise_signal(number)
        reached.append("after the signal")

    def drop() -> None:
        held = Held()
        reference = weakref.ref(held, call_back)
        del held
        assert reference() is None
        reached.append("after the callback")
        time.sleep(10)  # the signal ends this
        reached.append("slept")

    with handled(_raise), never_lost(), pytest.raises(KeyboardInterrupt) as raised:
        drop()
    assert reached == ["callback", "after the callback"]
    assert isinstance(raised.value, Terminated) == (number == signal.SIGTERM)
    assert exit_code(raised.value) == 128 + number


def test_what_else_is_ignored_is_reported_as_ever(monkeypatch: pytest.MonkeyPatch):
    reported: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", lambda ignored: reported.append(ignored.exc_value))
    error = ValueError("no interrupt")

    def call_back(_reference: object) -> None:
        raise error

    held = Held()
    reference = weakref.ref(held, call_back)
    with never_lost():
        del held
    assert reference() is None
    assert reported == [error]


def test_a_signal_while_something_is_imported_is_raised_after_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Compiled modules end the process by an exception in the middle of their import."""
    (tmp_path / "interrupted_while_imported.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGTERM)\nFINISHED = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def handle(number: int, frame: FrameType | None) -> None:
        if importing(frame, within=command.__code__):
            again(number)
        else:
            _raise(number, frame)

    def command() -> None:
        importlib.import_module("interrupted_while_imported")
        time.sleep(10)  # the signal ends this

    with never_lost() as again, handled(handle), pytest.raises(Terminated):
        command()
    assert sys.modules.pop("interrupted_while_imported").FINISHED


def test_an_import_around_the_command_is_none_within_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "runs_a_command.py").write_text("import sys\nFRAME = sys._getframe()\n")
    monkeypatch.syspath_prepend(tmp_path)
    frame = importlib.import_module("runs_a_command").FRAME
    assert not importing(frame, within=frame.f_code)
    assert importing(frame, within=importing.__code__)
