"""Option values as people type them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pytest

from vitxplain.errors import OptionError
from vitxplain.options.parse import describe, option_types, parse


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("3", int, 3),
        ("-1", int, -1),
        ("0.5", float, 0.5),
        ("1e-3", float, 1e-3),
        ("2", float, 2.0),
        ("yes", bool, True),
        ("True", bool, True),
        ("0", bool, False),
        ("off", bool, False),
        ("vit.layers.3", str, "vit.layers.3"),
        ("mean", Literal["mean", "max"], "mean"),
        ("0", Literal[0, 1], 0),
        ("none", int | None, None),
        ("None", str | None, None),
        ("5", int | None, 5),
        ("layer4", str | None, "layer4"),
        ("7", int | str | None, 7),
        ("3,4", int | str | None, "3,4"),
        ("mean", int | Literal["mean"] | None, "mean"),
        ("2", int | float, 2),
        ("2.5", int | float, 2.5),
        ("32,16", tuple[int, int], (32, 16)),
        ("32x16", tuple[int, int] | None, (32, 16)),
        ("(32, 16)", tuple[int, int], (32, 16)),
        ("32", tuple[int, int], (32, 32)),
        ("1,2,3", tuple[int, ...], (1, 2, 3)),
    ],
)
def test_value_by_type(text: str, hint: Any, value: Any):
    found = parse("option", text, hint)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "hint", "takes"),
    [
        ("x", int, "a whole number"),
        ("1.5", int, "a whole number"),
        ("much", float, "a number"),
        ("maybe", bool, "true or false"),
        ("median", Literal["mean", "max"], "mean or max"),
        ("x", int | None, "a whole number or none"),
        ("1,2,3", tuple[int, int], "values separated by commas, each a whole number"),
        ("f", Callable, "which only Python code can give"),
    ],
)
def test_what_cannot_be_read_says_what_the_option_takes(text: str, hint: Any, takes: str):
    with pytest.raises(OptionError, match=rf"^rollout\.start is '{text}'; it takes .*{takes}"):
        parse("rollout.start", text, hint)


def test_options_are_the_fields():
    @dataclass(frozen=True)
    class Method:
        first: int = 1
        second: "str | None" = None
        axes: ClassVar[str] = "batch"

    assert option_types(Method) == {"first": int, "second": str | None}
    assert describe(str | None) == "a text or none"
