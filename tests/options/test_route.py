"""Options go to those that have them."""

from functools import partial

import pytest

from vitxplain.errors import OptionError
from vitxplain.options.route import no_such_option, option_key, route, takers

RECEIVERS = {"rollout": {"head_fusion": str, "layer": int}, "cam": {"layer": str}, "distance": {}}


def routed(*options: tuple[str, str]) -> list[tuple[str, str, list[str]]]:
    refuse = partial(no_such_option, noun="method", receivers=RECEIVERS)
    pairs = route(options, RECEIVERS, str.__eq__, refuse)
    return [(key.name, value, names) for key, value, names in pairs]


def test_a_key_goes_to_all_that_have_it_and_one_with_an_owner_to_that_one():
    assert routed(("layer", "1"), ("cam.layer", "2"), ("head-fusion", "max")) == [
        ("layer", "1", ["rollout", "cam"]),
        ("layer", "2", ["cam"]),
        ("head_fusion", "max", ["rollout"]),
    ]


def test_who_takes_an_option_can_be_asked_without_an_error():
    assert takers(option_key("layer"), RECEIVERS, str.__eq__) == ["rollout", "cam"]
    assert takers(option_key("cam.head_fusion"), RECEIVERS, str.__eq__) == []


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("head_fuson", "none of rollout, cam, distance has an option 'head_fuson'; did you mean head_fusion?"),
        ("cam.zzz", "cam has no option 'zzz'; options: cam has layer."),
        ("distance.zzz", "distance has no option 'zzz'; options: distance has none."),
        ("iou.layer", "iou.layer: iou is not among the methods named (rollout, cam, distance)."),
    ],
)
def test_what_nobody_takes(key: str, message: str):
    with pytest.raises(OptionError) as refused:
        routed(("layer", "1"), (key, "1"))
    assert str(refused.value) == message
