"""Garbage collection waits while a command starts, and only then."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vitxplain.cli.main import app
from vitxplain.cli.shared.model_options import ModelOptions
from vitxplain.errors import VitxplainError
from vitxplain.models.startup import RARE, USUAL, begin_startup, end_startup


@pytest.fixture(autouse=True)
def collection_as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_it_waits_until_the_end_of_the_startup_and_passes_over_what_is_there_then():
    begin_startup()
    assert gc.get_threshold() == RARE
    end_startup()
    assert gc.get_threshold() == USUAL
    frozen = gc.get_freeze_count()
    assert frozen > 0
    end_startup()  # once more
    assert gc.get_freeze_count() == frozen


def test_a_library_that_opens_models_leaves_it_alone():
    gc.set_threshold(900, 10, 10)
    end_startup()
    assert (gc.get_threshold(), gc.get_freeze_count()) == ((900, 10, 10), 0)


def test_a_command_without_a_model_ends_the_startup_at_once():
    begin_startup()
    with pytest.raises(SystemExit):
        app(["models"])
    assert gc.get_threshold() == USUAL


@pytest.mark.parametrize("source", ["demo-vit", "no/such-folder/at-all"])
def test_opening_a_model_ends_the_startup(source: str):
    begin_startup()
    try:
        ModelOptions().load(source)
    except VitxplainError:
        assert source != "demo-vit"
    assert gc.get_threshold() == USUAL


LAST_WORDS = """
import atexit, os, sys
from vitxplain.models.startup import begin_startup, end_startup

class Left:
    def __del__(self, write=os.write):
        write(2, b"leaked")

left = Left()
if "begun" in sys.argv:
    begin_startup()
atexit.register(print, "a library's", file=sys.stderr)
end_startup()
print("ours", end="")
sys.exit(3)
"""


@pytest.mark.parametrize(("words", "errors"), [(["begun"], "a library's\n"), ([], "a library's\nleaked")])
def test_what_is_left_at_the_end_is_not_told_where_nothing_was_to_be_freed(words: list[str], errors: str):
    done = subprocess.run([sys.executable, "-c", LAST_WORDS, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "ours", errors)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_is_told_at_the_end():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", LAST_WORDS, "begun"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode != 3
    assert "No space left on device" in done.stderr
