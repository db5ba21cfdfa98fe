"""ExplainBatches in Dataset.map with two processes: equal maps, and each process loads the model once."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.engines.same import check

pytestmark = pytest.mark.engines

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def test_datasets(arguments: Arguments, columns: dict[str, list[Any]], expected: dict[str, Any], tmp_path: Path):
    pictures = tmp_path / "pictures.parquet"
    pq.write_table(pa.table(columns), pictures)
    # A process of its own: datasets forks, and this one has run models.
    command = [sys.executable, "-m", "tests.engines.counted", str(pictures), arguments[0][0], str(tmp_path)]
    subprocess.run(command, check=True, timeout=240)
    check(pq.read_table(tmp_path / "maps.parquet").to_pydict(), expected)
    loads = (tmp_path / "loads").read_text().split()
    assert len(loads) == len(set(loads)) == 2
