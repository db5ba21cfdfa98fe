"""vitx labels."""

import json
from collections.abc import Callable

from tests.cli.conftest import Said

Vitx = Callable[..., Said]


def test_the_classes_of_a_model_by_number(vitx: Vitx):
    said = vitx("labels", "--model", "demo-vit")
    assert said.code == 0
    assert [line.split() for line in said.out.splitlines()][:3] == [["Index", "Name"], ["0", "0"], ["1", "1"]]


def test_those_with_a_word_as_json(vitx: Vitx):
    said = vitx("labels", "7", "--model", "demo-vit", "--json")
    assert [json.loads(line) for line in said.out.splitlines()] == [{"index": 7, "name": "7"}]
    said = vitx("labels", "beagle", "--model", "demo-vit")
    assert said.code == 2
    assert "none of the 10 classes of demo-vit has 'beagle' in its name" in said.err
