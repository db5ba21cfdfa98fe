"""When a command opens a page in the browser, and when it does not."""

import sys
import webbrowser
from pathlib import Path

import pytest

from vitxplain.cli.shared.browser import has_screen, show_page

DESKTOP = {"DISPLAY": ":0"}


def test_a_screen_is_one_of_this_machine_with_somebody_before_it():
    assert has_screen(DESKTOP, "linux")
    assert has_screen({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_screen({}, "darwin")
    assert not has_screen({"DISPLAY": ""}, "linux")
    for name in ("CI", "SSH_CONNECTION", "SSH_TTY"):
        assert not has_screen(DESKTOP | {name: "1"}, "linux")
        assert not has_screen({name: "1"}, "darwin")


@pytest.mark.parametrize(("terminal", "opened"), [(True, 1), (False, 0)])
def test_a_page_is_opened_from_a_terminal_alone(
    terminal: bool, opened: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open_new_tab", pages.append)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    for name in ("CI", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    show_page(tmp_path / "a page.html")
    assert pages == [(tmp_path / "a page.html").as_uri()] * opened
