"""What a signal raises, wherever it comes."""

import importlib
import signal
import sys
import time
import weakref
from pathlib import Path
from types import FrameType

import pytest

from vitxplain.interrupts import Terminated, exit_code, handled, importer, interrupt, never_lost, raised_on_return


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


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("debugged", [False, True])
def test_a_signal_while_something_is_imported_is_raised_after_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, debugged: bool
):
    """Compiled modules end the process by an exception in the middle of their import; only a debugger makes it late."""
    (tmp_path / "outermost_import.py").write_text("import interrupted_while_imported\nFINISHED = True\n")
    (tmp_path / "interrupted_while_imported.py").write_text(
        f"import signal\nfor _ in range({times}):\n    signal.raise_signal(signal.SIGTERM)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    reached: list[str] = []

    def handle(number: int, frame: FrameType | None) -> None:
        importing = importer(frame, within=command.__code__)
        if importing is None:
            _raise(number, frame)
        elif not raised_on_return(number, importing):
            again(number)

    def imported() -> None:
        __import__("outermost_import")
        reached.append("the next line")
        time.sleep(10)  # a signal that comes once more ends this

    def command() -> None:
        imported()

    def no_trace(_frame: FrameType, _event: str, _argument: object) -> None:
        """As a debugger's, which has nothing to stop at."""

    traced_by = sys.gettrace()
    sys.settrace(no_trace if debugged else None)
    try:
        with never_lost() as again, handled(handle), pytest.raises(Terminated):
            command()
        assert sys.gettrace() is (no_trace if debugged else None)
    finally:
        sys.settrace(traced_by)
    assert reached == ["the next line"] * debugged
    assert sys.modules.pop("outermost_import").FINISHED
    del sys.modules["interrupted_while_imported"]


def test_an_import_around_the_command_is_none_within_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "runs_a_command.py").write_text("import sys\nFRAME = sys._getframe()\n")
    monkeypatch.syspath_prepend(tmp_path)
    frame = importlib.import_module("runs_a_command").FRAME
    assert importer(frame, within=frame.f_code) is None
    asked = importer(frame, within=importer.__code__)
    assert asked is not None
    assert asked.f_globals["__name__"] != "runs_a_command"
