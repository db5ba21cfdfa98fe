"""Images in folders, and `vitx` run on them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.photo_folder import photos  # noqa: F401 - a fixture
from tests.saved_models import cnn_folder, detector_folder, segmenter_folder, vit_folder  # noqa: F401 - fixtures
from tests.small_demo import small_demo  # noqa: F401 - a fixture
from vitxplain.cli.main import app


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def vitx() -> Callable[..., Said]:
    """`vitx(...)` in this process."""

    def run(*arguments: object) -> Said:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def vitx_process() -> Callable[..., Said]:
    """`vitx(...)` in a process of its own."""

    def run(*arguments: object, **settings: Any) -> Said:
        command = [sys.executable, "-m", "vitxplain", *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **settings)
        return Said(result.returncode, result.stdout, result.stderr)

    return run
