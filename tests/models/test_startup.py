"""Garbage collection waits while a command starts, and only then."""

import gc
from collections.abc import Iterator

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
