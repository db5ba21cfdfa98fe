"""Modules that a thread imports."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from vitxplain.cli.shared.meanwhile import imported_meanwhile


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """One that notes the thread that imported it, and one that cannot be imported."""
    (tmp_path / "noting_thread.py").write_text("import threading\nTHREAD = threading.current_thread()\n")
    (tmp_path / "raising_here.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield ["noting_thread", "raising_here"]
    sys.modules.pop("noting_thread", None)


def test_they_are_there_at_the_end_and_a_broken_one_raises_where_it_is_needed(modules: list[str]):
    with imported_meanwhile(*modules):
        pass
    assert sys.modules["noting_thread"].THREAD is not threading.current_thread()
    with pytest.raises(RuntimeError):
        import raising_here  # noqa: F401


def test_after_an_error_no_thread_goes_on(modules: list[str]):
    with pytest.raises(ValueError, match="within"), imported_meanwhile(*modules):
        raise ValueError("within")
    assert sys.modules["noting_thread"].THREAD not in threading.enumerate()


def test_what_is_there_takes_no_thread(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vitxplain.cli.shared.meanwhile.Thread", None)
    with imported_meanwhile("sys", "threading"):
        pass
