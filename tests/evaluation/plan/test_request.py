"""EvaluationRequest: the fields are the arguments of evaluate()."""

import inspect
from dataclasses import MISSING, fields

import pytest

from vitxplain import evaluate
from vitxplain.data.load import load_data
from vitxplain.errors import UsageError
from vitxplain.evaluation.plan.request import EvaluationRequest


def test_its_fields_are_the_arguments_of_evaluate_with_the_same_defaults():
    arguments = {
        name: MISSING if parameter.default is parameter.empty else parameter.default
        for name, parameter in inspect.signature(evaluate).parameters.items()
        if name != "progress"
    }
    assert {field.name: field.default for field in fields(EvaluationRequest)} == arguments


def test_the_usual_methods():
    assert EvaluationRequest("demo-cnn", "digits").method_list == ["auto"]
    assert EvaluationRequest("demo-cnn", "digits", preset="chefer").method_list == []
    assert EvaluationRequest([], "digits", maps="somewhere").method_list == []
    assert EvaluationRequest("demo-cnn", "digits", maps="somewhere").method_list == ["auto"]
    assert EvaluationRequest("demo-cnn", "digits", "cam").method_list == ["cam"]


def test_data_are_opened_once_and_those_of_the_user_are_taken_as_they_are():
    request = EvaluationRequest("demo-cnn", "digits", limit=2)
    assert request.samples is request.samples
    assert len(request.samples) == 2
    assert request.validation_source().split == "validation"
    digits = load_data("digits", limit=2)
    assert EvaluationRequest("demo-cnn", digits).samples is digits
    assert EvaluationRequest("demo-cnn", digits).validation_source is None


def test_what_does_not_go_together_is_refused_before_anything_is_opened():
    with pytest.raises(UsageError, match="name at least one model"):
        EvaluationRequest(None, "nowhere").check()
    with pytest.raises(UsageError, match="says which metrics there are"):
        EvaluationRequest("nowhere", "nowhere", metrics="iou", preset="chefer").check()
