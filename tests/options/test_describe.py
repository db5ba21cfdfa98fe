"""Options as listings show them."""

from dataclasses import dataclass, field

import pytest

from vitxplain import registry
from vitxplain.options.describe import OptionFacts, as_text, help_texts, option_facts
from vitxplain.options.parse import option_types, parse


@dataclass(frozen=True)
class Blur:
    """How soft.

    Args:
        radius: in pixels; what lies
            further: nothing.
        passes: how often.

    More: this is no option.
    """

    radius: float = 2.0
    passes: tuple[int, int] = (1, 1)
    names: list[str] = field(default_factory=list)


def test_facts_come_from_fields_types_and_docstring():
    assert option_facts(Blur) == [
        OptionFacts("radius", "a number", 2.0, "in pixels; what lies further: nothing."),
        OptionFacts("passes", "values separated by commas, each a whole number", (1, 1), "how often."),
        OptionFacts("names", "a list, which only Python code can give", [], ""),
    ]


def test_without_a_section_of_arguments_there_is_no_help():
    assert help_texts(OptionFacts) == {}


@pytest.mark.parametrize("name", [name for name, point in registry.names("explainers").items()])
def test_every_option_has_help_and_its_default_can_be_typed(name: str):
    method = registry.load("explainers", name)
    types = option_types(method)
    for one in option_facts(method):
        assert one.help, one
        assert parse(one.name, as_text(one.default), types[one.name]) == one.default
