"""Whatever lies in a user's file: what it holds, or one of our errors, in bounded time and memory.

VITXPLAIN_FUZZ_SEED says what the slow test tries, VITXPLAIN_FUZZ_ROUNDS how much of it. Without them it is the same on
every machine, fast or slow, so that it fails by what changed; look for more with other seeds and more rounds.
"""

import ast
import os
import random
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bad_input.mutations import mutated, restructured
from tests.bad_input.readers import READERS, Reader
from tests.house.modules import modules
from vitxplain.errors import VitxplainError

MOST_SECONDS = 20  # for one file
MOST_MEGABYTES = 1500  # on top of what the libraries take
ROUNDS = int(os.environ.get("VITXPLAIN_FUZZ_ROUNDS", "9"))
OTHERS = {
    "vitxplain.data.hub.columns": "cells of a data set; tests/data/hub",
    "vitxplain.data.published.gtsegs": "HDF5's own code may crash on damaged files; tests/data/published",
    "vitxplain.scale.batches": "bytes of a column; tests/scale/test_batches.py",
}


def _is_json(reader: Reader) -> bool:
    return reader.file.endswith((".json", ".jsonl"))


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if not reader.slow])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, name: str):
    for content in _damaged(tmp_path, name, random.Random(name), count=12):
        _try(tmp_path, name, content)


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if not reader.slow and _is_json(reader)])
def test_a_field_that_is_gone_or_of_another_kind_is_refused_or_not_needed(tmp_path: Path, name: str):
    """A byte changed at random hardly ever leaves a document that parses; these do."""
    for content in _damages(tmp_path, name, restructured):
        _try(tmp_path, name, content)


@pytest.mark.slow
@pytest.mark.timeout(150 * (ROUNDS + 2))  # a reader that never ends fails
def test_no_reader_fails_otherwise_in_many_rounds(tmp_path: Path):
    seed = int(os.environ.get("VITXPLAIN_FUZZ_SEED", "0"))
    print(f"VITXPLAIN_FUZZ_SEED={seed}")
    draw = random.Random(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for round_ in range(ROUNDS):
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
    """Of a reader's file, at random."""
    return _damages(folder, name, lambda whole: (mutated(whole, draw) for _ in range(count)))


def _damages(folder: Path, name: str, damages: Callable[[bytes], Iterator[bytes]]) -> Iterator[bytes]:
    """The reader's whole files made, and contents for the one that is damaged; as it is first, which must be read."""
    reader = READERS[name]
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    reader.make(home)
    whole = (home / reader.file).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader.read(home)
    yield from damages(whole)


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
