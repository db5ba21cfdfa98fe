"""vitx tune"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.train.tuning.test_tune import OPTIONS, SEARCH


@pytest.mark.slow
def test_a_search(vitx: Callable[..., Said], tmp_path: Path):
    given = ["tune", "--model", "scratch", "--data", "digits", "--limit", 16, "--out", tmp_path / "study"]
    given += [word for option in OPTIONS for word in ("-o", option)] + ["--search", SEARCH, "--device", "cpu"]
    said = vitx(*given, "--trials", 1, "--json")
    assert (said.code, [one["number"] for one in said.json]) == (0, [1])
    said = vitx("tune", "--resume", "--out", tmp_path / "study", "--trials", 2, "--device", "cpu")
    assert said.code == 0
    assert "trial 2: " in said.out
    assert f"vitx train --config {tmp_path / 'study' / 'best.yaml'}" in said.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--search", "batch_size=16"], "leaves no choice"),
        (["-o", "epoch=3"], "did you mean epochs"),
        (["--trials", "0"], "--trials"),
        (["--data", "digitz"], "digitz"),
    ],
)
def test_nothing_is_attempted(vitx: Callable[..., Said], tmp_path: Path, arguments: list[str], sentence: str):
    said = vitx("tune", "--model", "scratch", "--out", tmp_path / "study", *arguments)
    assert said.code == 2
    assert sentence in said.err
    assert not (tmp_path / "study").exists()
