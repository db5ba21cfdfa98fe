"""What a terminal is told beyond the results."""

import os
import sys

import pytest

from vitxplain.cli.explain.report import Reporter

HINT = "check it: vitx compare 'my cat.jpg' --model mine --controls centre,random-weights"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(
    ("json", "quiet", "maps"), [(False, False, 1), (True, False, 1), (False, True, 1), (False, False, 0)]
)
def test_a_terminal_is_told_how_a_map_is_checked(monkeypatch: pytest.MonkeyPatch, json: bool, quiet: bool, maps: int):
    reader, writer = os.openpty()
    with os.fdopen(reader, "rb", buffering=0) as screen, os.fdopen(writer, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        reporter = Reporter(json=json, quiet=quiet, debug=False, with_target=False)
        reporter.maps = maps
        reporter.next_step("my cat.jpg", "mine")
        print("end", file=terminal, flush=True)
        said = screen.read(4096).decode()
    assert (HINT in said) == (not json and not quiet and maps > 0)


def test_a_pipe_is_told_results_alone(capsys: pytest.CaptureFixture[str]):
    reporter = Reporter(json=False, quiet=False, debug=False, with_target=False)
    reporter.maps = 1
    reporter.next_step("cat.jpg", "mine")
    assert capsys.readouterr() == ("", "")
