"""What an earlier version wrote, copied to where the test works."""

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.conftest import vitx  # noqa: F401 - a fixture

HERE = Path(__file__).parent
VERSIONS = sorted(path.parent.name for path in HERE.glob("*/expected.json"))


@pytest.fixture(params=VERSIONS)
def earlier(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, as make.py left it in that version."""
    folder = tmp_path / request.param
    shutil.copytree(HERE / request.param, folder)
    packed = folder / "search" / "study.db.gz"
    packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    for file in (folder / "maps").iterdir():
        os.utime(file, (0, 0))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def expected(earlier: Path) -> dict[str, Any]:
    """What that version read from its own files."""
    return json.loads((earlier / "expected.json").read_text("utf-8"))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Sums of several threads differ in the last digit with the number of threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
