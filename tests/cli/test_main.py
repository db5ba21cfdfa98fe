"""`vitx` as a command: help, version, completion, pipes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from vitxplain.cli import main
from vitxplain.cli.shared.completion import complete_methods, complete_models

Vitx = Callable[..., Said]


@pytest.mark.parametrize("command", ["explain", "compare", "methods", "models", "labels", "info", "patches"])
def test_every_command_has_the_common_options(vitx: Vitx, command: str):
    said = vitx(command, "--help")
    assert said.code == 0
    for option in ("--json", "--quiet", "--debug", "--help"):
        assert option in said.out


def test_version(vitx: Vitx):
    assert vitx("--version").out == "vitx 0.1.0\n"


def test_unknown_command_has_a_suggestion(vitx: Vitx):
    said = vitx("explian")
    assert said.code == 2
    assert "Did you mean 'explain'" in said.err


def test_no_command_shows_the_help(vitx: Vitx):
    assert "explain" in vitx().out


def test_module_and_script_are_the_same(vitx_process: Vitx):
    script = Path(sys.executable).with_name("vitx")
    said = subprocess.run(
        [script, "--help"], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "120"}
    )
    assert said.stdout == vitx_process("--help").out


def test_method_names_complete_also_after_a_comma():
    assert "rollout" in complete_methods("")
    names = ["gradient-activation", "gradient-attention", "gradient-cross-attention", "gradient-rollout"]
    assert complete_methods("gradient-") == names
    assert complete_methods("rollout,grad-c") == ["rollout,grad-cam"]
    assert [name for name, _ in complete_models("swin")] == ["swin-tiny", "swinv2-tiny"]


def test_the_shell_gets_completions(vitx_process: Vitx):
    environment = {
        **os.environ,
        "_VITX_COMPLETE": "complete_bash",
        "COMP_WORDS": "vitx explain --method gradient-at",
        "COMP_CWORD": "3",
    }
    command = [Path(sys.executable).with_name("vitx")]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert said.stdout.split() == ["gradient-attention"]


def test_a_closed_pipe_is_no_traceback():
    said = subprocess.run(
        f"{sys.executable} -m vitxplain models | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert said.stdout.startswith("Name")
    assert said.stderr == ""


def test_what_is_printed_after_the_reader_left_is_no_traceback(monkeypatch: pytest.MonkeyPatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:  # closing it raises where something is left to be written
        monkeypatch.setattr("sys.stdout", stdout)
        monkeypatch.setattr("sys.argv", ["vitx", "--help"])
        # The last line of a help: what stands above it is printed by rich, which knows of pipes.
        monkeypatch.setattr("typer.core.TyperGroup.get_help", lambda *_: "")
        with pytest.raises(SystemExit) as stop:
            main.main()
        monkeypatch.undo()
    assert stop.value.code == 1


@pytest.mark.parametrize("words", ["", "explain", "data show", "train", "-- explain"])
def test_help_is_the_same_by_the_short_way(words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    said = []
    for shortcut in (main._print_help, lambda _: False):
        monkeypatch.setattr(main, "_print_help", shortcut)
        monkeypatch.setattr("sys.argv", ["vitx", *words.split(), "--help"])
        try:
            main.main()
        except SystemExit as stop:
            said.append(stop.code)
        said.append(capsys.readouterr())
    printed = [part for part in said if not isinstance(part, int | None)]
    assert printed[0] == printed[1]
    assert "vitx" in printed[0].out + printed[0].err
