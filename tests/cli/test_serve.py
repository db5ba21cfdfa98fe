"""vitx serve, as far as it says something itself: the server is tested in tests/inspect/hosts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vitxplain.inspect.hosts import running
from vitxplain.interrupts import Terminated


@pytest.mark.parametrize(("stopped", "code"), [(KeyboardInterrupt(), 130), (Terminated(), 143)])
def test_a_stop_is_one_plain_line(
    vitx: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, stopped: BaseException, code: int
):
    folders: list[Path] = []

    def run(_: Any, folder: Path, *__: Any, started: Callable[[str], object], **___: Any) -> None:
        started("http://127.0.0.1:7860/")
        (folder / "dropped").touch()
        folders.append(folder)
        raise stopped

    monkeypatch.setattr(running, "run", run)
    said = vitx("serve", "--models", "demo-vit")
    assert (said.code, said.err) == (code, "stopped; what was dropped is gone.\n")
    assert said.out.startswith("http://127.0.0.1:7860/")
    assert not folders[0].exists()
    said = vitx("serve", "--models", "demo-vit", "--quiet")
    assert (said.code, said.out, said.err) == (code, "", "")
