"""Options as users type them go to whoever has them."""

import pytest

from vitxplain.errors import OptionError
from vitxplain.evaluation.plan.options import share_out


@pytest.mark.parametrize(
    ("given", "methods", "metrics", "data"),
    [
        ({"head_fusion": "max"}, {"head_fusion": "max"}, {}, {}),
        ({"rollout.head-fusion": "max"}, {"attention-rollout.head_fusion": "max"}, {}, {}),
        ({"steps": "10"}, {}, {"steps": "10"}, {}),
        ({"deletion.baseline": "zero"}, {}, {"deletion.baseline": "zero"}, {}),
        ({"data.hardness": "0"}, {}, {}, {"hardness": "0"}),
        ({"hardness": "0"}, {}, {}, {"hardness": "0"}),
    ],
)
def test_each_to_its_owner(given: dict, methods: dict, metrics: dict, data: dict):
    shares = share_out(given, ["rollout", "grad-cam"], ["deletion", "iou"], "digits")
    assert (shares.methods, shares.metrics, shares.data) == (methods, metrics, data)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("head_fusoin", "did you mean head_fusion?"),
        ("rollout.head_fusoin", "rollout has no such option; did you mean head_fusion?"),
        ("gradcam2.layer", "gradcam2 is not among the methods, metrics and data named; did you mean grad-cam.layer?"),
        ("iou.steps", "iou has no such option; there are certainty, images, level, threshold."),
        ("data.hardnes", "data has no such option; did you mean hardness?"),
    ],
)
def test_nobody_has_it(key: str, said: str):
    with pytest.raises(OptionError) as refused:
        share_out({key: "1"}, ["rollout", "grad-cam"], ["deletion", "iou"], "digits")
    assert f"-o {key}: " in str(refused.value)
    assert said in str(refused.value)


def test_auto_stands_for_any_method():
    assert share_out({"layer": "x"}, ["auto"], ["iou"], "digits").methods == {"layer": "x"}
