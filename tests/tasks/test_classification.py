"""Targets and probabilities of classifiers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vitxplain.errors import TargetError, UnsupportedModelError
from vitxplain.tasks.base import LOGITS, ExplainedTarget, Prediction, Task
from vitxplain.tasks.classification import Classification, check_classification
from vitxplain.tasks.leaves import detached, in_fp32, joined
from vitxplain.tasks.targets.class_target import ClassDifference, ClassTarget
from vitxplain.tasks.targets.per_image import PerImage

LABELS = {0: "tench, Tinca tinca", 1: "7", 2: "tiger cat"}
LOGIT_ROWS = torch.tensor([[0.5, 2.0, -1.0], [3.0, 0.0, 1.0]])


def outputs() -> dict[str, torch.Tensor]:
    return {LOGITS: LOGIT_ROWS.clone()}


class Raw:
    logits = LOGIT_ROWS


@pytest.mark.parametrize(
    "raw",
    [
        LOGIT_ROWS,
        {"loss": torch.zeros(1), "logits": LOGIT_ROWS},
        {"last_hidden_state": LOGIT_ROWS},
        Raw(),
        (LOGIT_ROWS,),
    ],
    ids=["tensor", "mapping", "first of a mapping", "object", "tuple"],
)
def test_the_logits_are_found_in_whatever_a_classifier_returns(raw) -> None:
    assert torch.equal(Classification().outputs(raw)[LOGITS], LOGIT_ROWS)


@pytest.mark.parametrize(
    ("spelling", "indices"),
    [
        (None, None),
        (2, (2,)),
        ("2", (2,)),
        ("name:7", (1,)),
        ("Tinca tinca", (0,)),
        (["tench", 2], (0, 2)),
        (torch.tensor([[1]]), (1,)),
        (torch.tensor([2, 0], dtype=torch.int32), (2, 0)),
        (np.array([[2], [0]], dtype=np.uint8), (2, 0)),
        (np.int64(2), (2,)),
        (torch.tensor(2), (2,)),
        ([np.int32(2), torch.tensor(0), "name:7"], (2, 0, 1)),
        (range(2), (0, 1)),
        (ClassTarget((1,)), (1,)),
    ],
)
def test_a_target_as_users_write_it(spelling, indices) -> None:
    assert Classification().target(spelling, LABELS) == ClassTarget(indices)


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        ("cat", r"no class named 'cat'. Did you mean 'tiger cat'\?"),
        (3, "target 3 does not exist: the model has 3 classes, 0 to 2"),
        (-1, "target -1 does not exist"),
        (True, "target True is no class"),
        (1.5, "target 1.5 is no class"),
        (2.0, r"target 2.0 is no class.*Did you mean 2\?"),
        (torch.tensor([1.0]), "target 1.0 is no class"),
        (torch.tensor(True), "target True is no class"),
        ([np.True_], "target np.True_ is no class"),
        ([[0, 1], [1, 2]], r"target \[0, 1\] is no class"),
        (np.int64(-1), "target -1 does not exist"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_what_is_no_class_is_said(spelling, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        Classification().target(spelling, LABELS)


def test_a_name_of_very_many_classes_is_said_shortly() -> None:
    labels = dict.fromkeys(range(100_000), "leaf")
    with pytest.raises(TargetError, match="means several classes: 0, 1, .*, 9 and 99990 more; give the index"):
        Classification().target("leaf", labels)


def test_the_score_is_the_raw_logit_and_images_do_not_mix() -> None:
    logits = LOGIT_ROWS.clone().requires_grad_()
    scores = ClassTarget((1, 2)).score({LOGITS: logits})
    assert scores.tolist() == [2.0, 1.0]
    scores.sum().backward()
    assert logits.grad.tolist() == [[0, 1, 0], [0, 0, 1]]


def test_no_class_means_the_top_class_of_each_image_and_stays_it_once_fixed() -> None:
    fixed = ClassTarget().fixed(outputs())
    assert fixed == ClassTarget((1, 0))
    assert fixed.score({LOGITS: -LOGIT_ROWS}).tolist() == [-2.0, -3.0]
    assert ClassTarget((2,)).fixed(outputs()) == ClassTarget((2, 2))


def test_targets_go_with_their_images() -> None:
    target = ClassTarget((2, 0, 1))
    assert target.select([2, 0]) == ClassTarget((1, 2))
    assert target.select([1, 1, 1, 0]) == ClassTarget((0, 0, 0, 2))
    assert target.split(3, 2) == [ClassTarget((2, 0)), ClassTarget((1,))]
    assert ClassTarget((1,)).split(3, 2) == [ClassTarget((1,))] * 2
    assert ClassTarget().select([5]) == ClassTarget()


def test_as_many_targets_as_fit_neither_one_nor_all_images_are_refused() -> None:
    for use in (lambda target: target.check(3), lambda target: target.split(3, 1)):
        with pytest.raises(TargetError, match="2 targets were given for 3 images; give one, or one an image"):
            use(ClassTarget((0, 1)))
    with pytest.raises(TargetError, match="target 3 does not exist: the model has 3 classes"):
        ClassTarget((3,)).score(outputs())


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_probability_of_a_target_is_its_score_of_the_probabilities(multi_label: bool) -> None:
    task = Classification(multi_label=multi_label)
    probabilities = task.probabilities(outputs())
    expected = LOGIT_ROWS.sigmoid() if multi_label else LOGIT_ROWS.softmax(-1)
    assert torch.equal(probabilities[LOGITS], expected)
    described = ClassTarget((1,)).describe(outputs(), probabilities, LABELS)
    assert described == [ExplainedTarget(1, "7", row[1].item()) for row in expected]


def test_predictions_are_the_most_probable_classes_with_a_name_even_where_nobody_gave_one() -> None:
    first, second = Classification().predictions({LOGITS: LOGIT_ROWS}, {0: "tench"}, top_k=2)
    assert first == Prediction(("LABEL_1", "tench"), (1, 0), (2.0, 0.5))
    assert second == Prediction(("tench", "LABEL_2"), (0, 2), (3.0, 1.0))
    assert len(Classification().predictions({LOGITS: LOGIT_ROWS}, {}, top_k=9)[0].names) == 3


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), index=st.integers(0, 6))
def test_the_heads_weights_are_how_the_score_depends_on_the_channels(seed: int, index: int) -> None:
    head, draw = nn.Linear(5, 7), torch.Generator().manual_seed(seed)
    channels = torch.randn(3, 5, generator=draw).requires_grad_()
    logits = {LOGITS: head(channels)}
    for target in (ClassTarget((index,)), ClassTarget(), ClassTarget((index, 0, 6)), ClassDifference(index, 3)):
        (gradient,) = torch.autograd.grad(target.score(logits).sum(), channels, retain_graph=True)
        assert torch.equal(target.head_weights(head.weight, logits), gradient)


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("tench~tiger cat", ClassDifference(0, 2)),
        ("2 ~ Tinca tinca", ClassDifference(2, 0)),
        (["tench~name:7"], ClassDifference(0, 1)),
        (["tench~name:7", 2], PerImage((ClassDifference(0, 1), ClassTarget((2,))))),
    ],
)
def test_one_class_rather_than_another(spelling, expected) -> None:
    assert Classification().target(spelling, LABELS) == expected


def test_a_class_may_have_the_sign_of_differences_in_its_name() -> None:
    labels = {0: "a~b", 1: "a", 2: "b", 3: "c~d"}
    task = Classification()
    assert task.target("a~b", labels) == ClassTarget((0,))
    assert task.target("a~b~c~d", labels) == ClassDifference(0, 3)
    assert task.target("b~c~d", labels) == ClassDifference(2, 3)


@pytest.mark.parametrize(
    ("spelling", "words"),
    [
        ("tench~tench", "'tench~tench' sets a class against itself"),
        ("tench~", "target 'tench~' has one class and no other; a contrast is CLASS~OTHER."),
        ("tench~dog", "no class named 'dog'"),
        ("tench~9", "target 9 does not exist: the model has 3 classes"),
        ("~tench", "target '~tench' has one class and no other"),
        ("object:0", "'object:0' is a thing or a place in the image, and the model gives classes"),
        ("patch@3,4", "'patch@3,4' is a token that asks, .*; this one takes one of its classes.*-o query=ROW,COLUMN"),
        ("@3,4", "is a thing or a place in the image"),
        ("box:1,2,3,4", "is a thing or a place in the image"),
    ],
)
def test_differences_and_things_that_there_are_not(spelling: str, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        Classification().target(spelling, LABELS)


def test_a_difference_is_of_raw_logits_and_tells_how_probable_both_classes_are() -> None:
    target, probabilities = ClassDifference(0, 2), Classification().probabilities(outputs())
    assert target.score(outputs()).tolist() == [1.5, 2.0]
    torch.testing.assert_close(target.presence(probabilities), torch.tensor([1.5, 2.0]).sigmoid())
    assert target.describe(outputs(), probabilities, LABELS) == [
        ExplainedTarget(
            *(0, "tench, Tinca tinca ~ tiger cat", first),
            label="tench~tiger cat",
            against=ExplainedTarget(2, "tiger cat", second),
        )
        for first, _, second in LOGIT_ROWS.softmax(-1).tolist()
    ]
    with pytest.raises(TargetError, match="target 3 does not exist: the model has 3 classes"):
        ClassDifference(0, 3).score(outputs())


def test_outputs_of_parts_are_joined_and_lose_precision_and_graph_where_asked() -> None:
    part = {LOGITS: LOGIT_ROWS.half().requires_grad_()}
    assert joined([part, part])[LOGITS].shape == (4, 3)
    assert (in_fp32(part)[LOGITS].dtype, in_fp32(part)[LOGITS].requires_grad) == (torch.float32, True)
    assert not detached(part)[LOGITS].requires_grad


def test_work_that_knows_classes_alone_refuses_other_tasks() -> None:
    class Regression(Task):
        name = "image-regression"
        outputs = probabilities = target = predictions = None

    check_classification(Classification(), "demo-vit", "testing")
    with pytest.raises(UnsupportedModelError, match="age-model is a model for image-regression; testing takes"):
        check_classification(Regression(), "age-model", "testing")
