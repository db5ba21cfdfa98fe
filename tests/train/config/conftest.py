"""Folders in the current folder, and beside a file."""

from pathlib import Path

import pytest


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders here and beside the file."""
    for name in ("here/photos", "here/both", "there/both", "there/only", "there/digits", "there/a-model"):
        (tmp_path / name / "cats").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path
