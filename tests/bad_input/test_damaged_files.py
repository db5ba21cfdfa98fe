"""Whatever lies in a user's file: what it holds, or one of our errors, in bounded time and memory.

VITXPLAIN_FUZZ_SECONDS says how long the slow test looks (five minutes), VITXPLAIN_FUZZ_SEED what it tries.
"""

import ast
import os
import random
import resource
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_input.mutations import mutated
from tests.bad_input.readers import READERS
from tests.house.modules import modules
from vitxplain.errors import VitxplainError

MOST_SECONDS = 20  # for one file
MOST_MEGABYTES = 1500  # on top of what the libraries take
FUZZ_SECONDS = float(os.environ.get("VITXPLAIN_FUZZ_SECONDS", "300"))
OTHERS = {
    "vitxplain.data.hub.columns": "cells of a data set; tests/data/hub",
    "vitxplain.data.published.gtsegs": "HDF5's own code may crash on damaged files; tests/data/published",
    "vitxplain.scale.batches": "bytes of a column; tests/scale/test_batches.py",
}


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if not reader.slow])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, name: str):
    for content in _damaged(tmp_path, name, random.Random(name), count=12):
        _try(tmp_path, name, content)


@pytest.mark.slow
@pytest.mark.timeout(FUZZ_SECONDS + 240)  # a reader that never ends fails
def test_no_reader_fails_otherwise_for_minutes(tmp_path: Path):
    seed = int(os.environ.get("VITXPLAIN_FUZZ_SEED", "0"))
    print(f"VITXPLAIN_FUZZ_SEED={seed}")
    draw, end = random.Random(seed), time.monotonic() + FUZZ_SECONDS
    before, round_ = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    while time.monotonic() < end:
        round_ += 1
        for name, reader in READERS.items():
            for content in _damaged(tmp_path / f"{round_}", name, draw, count=2 if reader.slow else 40):
                _try(tmp_path / f"{round_}", name, content)
            assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MEGABYTES, name


def test_every_reader_is_here():
    """Who turns exceptions of a file into errors is tried with damaged files."""
    reading = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "reading" in [alias.name for alias in node.names]
    } - {"vitxplain.files"}
    tried = {f"vitxplain.{module}" for reader in READERS.values() for module in reader.modules}
    assert sorted(reading - tried - OTHERS.keys()) == []


def _damaged(folder: Path, name: str, draw: random.Random, count: int) -> Iterator[bytes]:
    """The reader's whole files made, and contents for the one that is damaged; as it is first, which must be read."""
    reader = READERS[name]
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    reader.make(home)
    whole = (home / reader.file).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader.read(home)
    yield from (mutated(whole, draw) for _ in range(count))


def _try(folder: Path, name: str, content: bytes) -> None:
    reader = READERS[name]
    file = folder / name / reader.file
    file.write_bytes(content)
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(folder / name)
    except VitxplainError:
        pass
    except BaseException as error:
        kept = Path(os.environ.get("TMPDIR", "/tmp")) / f"vitxplain-{abs(hash(content))}{file.suffix}"
        kept.write_bytes(content)
        raise AssertionError(f"{name} fails on {kept}: {type(error).__name__}: {error}") from error
    assert time.process_time() - start < MOST_SECONDS, name
