"""The program on the page about evaluating runs."""

from pathlib import Path

import pytest

from tests.docs.test_commands_in_docs import ROOT, blocks


def test_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    (program,) = [code for code in blocks(ROOT / "docs" / "how-to" / "evaluate.md", "python") if "import" in code]
    exec(compile(program.replace("limit=20", "limit=5"), "evaluate.md", "exec"), {})
    assert "demo-cnn smoothed edges iou 0." in capsys.readouterr().out
    assert (tmp_path / "vitx-out" / "evaluation" / "scores.png").exists()


def test_program_of_the_presets_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    (program,) = blocks(ROOT / "docs" / "how-to" / "presets.md", "python")
    exec(compile(program.replace("limit=20", "limit=5"), "presets.md", "exec"), {})
    assert "'iou': Interval(mean=0." in capsys.readouterr().out
