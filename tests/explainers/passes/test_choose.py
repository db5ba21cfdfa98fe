"""From names and options to explainers."""

import pytest

from vitxplain.errors import OptionError, UnknownNameError, UsageError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.choose import build, check_names, name_of
from vitxplain.explainers.raw_attention import RawAttention


def test_names_aliases_classes_and_instances():
    assert build(["rollout", GradCAM, RawAttention(head=1)], {}) == {
        "attention-rollout": AttentionRollout(),
        "grad-cam": GradCAM(),
        "raw-attention": RawAttention(head=1),
    }


def test_order_is_as_asked_and_the_same_method_twice_is_one():
    assert list(build(["grad-cam", "rollout", "AttentionRollout", AttentionRollout()], {})) == [
        "grad-cam",
        "attention-rollout",
    ]


def test_one_method_with_two_sets_of_options_is_refused():
    with pytest.raises(UsageError, match=r"attention-rollout was asked for twice with different options"):
        build([AttentionRollout(), AttentionRollout(head_fusion="max")], {})


def test_option_goes_to_each_method_that_has_it():
    built = build(["rollout", "gradient-rollout", "grad-cam"], {"start_layer": 1})
    assert built["attention-rollout"].start_layer == built["gradient-rollout"].start_layer == 1
    assert built["grad-cam"] == GradCAM()


def test_option_with_a_method_goes_to_that_one():
    built = build(["rollout", "gradient-rollout"], {"rollout.start_layer": 1})
    assert built["attention-rollout"].start_layer == 1
    assert built["gradient-rollout"].start_layer == 0


def test_options_change_an_instance_only_where_they_say():
    (built,) = build([AttentionRollout(head_fusion="max")], {"start_layer": 2}).values()
    assert built == AttentionRollout(head_fusion="max", start_layer=2)


def test_text_is_read_by_the_type_of_each_method():
    built = build(["raw-attention", "grad-cam"], {"raw-attention.layer": "-1", "grad-cam.layer": "a.b"}, text=True)
    assert built == {"raw-attention": RawAttention(layer=-1), "grad-cam": GradCAM(layer="a.b")}
    assert build(["rollout"], {"head-fusion": "max"}, text=True)["attention-rollout"].head_fusion == "max"


@pytest.mark.parametrize(
    ("methods", "options", "message"),
    [
        (
            ["rollout"],
            {"head_fuson": "max"},
            r"attention-rollout has no option 'head_fuson'; did you mean head_fusion\?",
        ),
        (
            ["rollout", "grad-cam"],
            {"zzz": "1"},
            r"none of attention-rollout, grad-cam has an option 'zzz'; options: .*relu",
        ),
        (["position-similarity"], {"zzz": "1"}, r"options: position-similarity has none\."),
        (["rollout"], {"grad-cam.relu": "1"}, r"grad-cam\.relu: grad-cam is not among the methods named"),
        (["rollout"], {"start_layer": "first"}, r"attention-rollout\.start_layer is 'first'; it takes a whole number"),
        (["rollout"], {"head_fusion": "median"}, r"it takes mean or max or min"),
        (["rollout"], {"discard_ratio": "1.5"}, r"discard_ratio is 1\.5; it takes a number from 0"),
    ],
)
def test_wrong_options(methods: list[str], options: dict[str, str], message: str):
    with pytest.raises(OptionError, match=message):
        build(methods, options, text=True)


def test_wrong_methods():
    with pytest.raises(UnknownNameError, match="rolout"):
        build(["rolout"], {})
    with pytest.raises(UnknownNameError, match="zzz"):
        build(["rollout"], {"zzz.start_layer": 1})


def test_names_can_be_checked_without_loading_anything():
    check_names(["auto", "rollout", GradCAM])
    with pytest.raises(UnknownNameError):
        check_names(["auto", "rolout"])


def test_name_of_an_instance():
    assert name_of(GradCAM(relu=True)) == "grad-cam"
