"""Short names, sizes and class names as users write them."""

import re
from typing import Any

import pytest

from vitxplain.errors import OptionError, UsageError
from vitxplain.models.known_models import ALIASES, DEFAULT
from vitxplain.models.labels import class_names, numbered
from vitxplain.models.loading.hub import near_names
from vitxplain.models.processors.sizes import parse_size


def test_every_short_name_means_a_hub_id_and_says_what_for() -> None:
    assert ALIASES["vit-base"].source == DEFAULT
    for alias, suggestion in ALIASES.items():
        assert re.fullmatch(r"[a-z0-9-]+", alias)
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", suggestion.source)
        assert suggestion.good_for
    assert len({suggestion.source for suggestion in ALIASES.values()}) == len(ALIASES)


def test_near_short_names() -> None:
    assert "resnet-50" in near_names("ResNet50")
    assert near_names("google/vit-bas") == ""
    assert near_names("zzzzzz") == ""


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (384, (384, 384)),
        ("384", (384, 384)),
        ("384x512", (384, 512)),
        (" 3 X 4 ", (3, 4)),
        ((5, 6), (5, 6)),
        ([7], (7, 7)),
    ],
)
def test_sizes(written: Any, size: tuple[int, int]) -> None:
    assert parse_size(written) == size


@pytest.mark.parametrize("written", ["", "big", "3x", "3x4x5", 0, -2, (3, 0), (1, 2, 3), ()])
def test_what_is_no_size(written: Any) -> None:
    with pytest.raises(OptionError, match="height and width as 384x512"):
        parse_size(written)


def test_class_names() -> None:
    assert class_names(["a", "b"]) == class_names({"0": "a", 1: "b"}) == {0: "a", 1: "b"}
    assert numbered(2) == {0: "LABEL_0", 1: "LABEL_1"}
    with pytest.raises(UsageError, match="map class indices to names"):
        class_names({"cat": "0"})
    with pytest.raises(UsageError, match="one for each index"):
        class_names({0: "a", 2: "b"}, 2)
