"""Our scores against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from vitxplain.assessment.predictions import Predictions
from vitxplain.assessment.scores import confusion, score
from vitxplain.metrics.intervals import wilson

CLASSES = (4, 1, 0, 6)  # the model's index of each class of the data
pairs = st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(0, 7)), min_size=1, max_size=40)


def predictions(given: list[tuple[int, int]], rank: list[int] | None = None, loss: float = 0.5) -> Predictions:
    label, predicted = (np.array(column) for column in zip(*given, strict=True))
    count = len(given)
    return Predictions(
        index=np.arange(count),
        name=tuple(map(str, range(count))),
        label=label,
        predicted=predicted,
        probability=np.full(count, 0.9),
        loss=np.full(count, loss),
        rank=np.array(rank or [0] * count),
    )


@given(pairs)
def test_scores_are_those_of_scikit_learn(given: list[tuple[int, int]]):
    found = score(predictions(given), CLASSES, 8)
    label, predicted = zip(*given, strict=True)
    precision, recall, f1, images = precision_recall_fscore_support(label, predicted, labels=CLASSES, zero_division=0)
    there = images > 0
    np.testing.assert_allclose(found.precision, precision)
    np.testing.assert_allclose(found.recall[there], recall[there])
    np.testing.assert_allclose(found.f1[there], f1[there])
    assert np.isnan(found.recall[~there]).all()
    assert np.isnan(found.f1[~there]).all()
    assert (found.images == images).all()
    assert found.top1 == accuracy_score(label, predicted)


@given(pairs)
def test_macro_means_are_those_of_scikit_learn_over_the_classes_that_have_images(given: list[tuple[int, int]]):
    label, predicted = zip(*given, strict=True)
    expected = precision_recall_fscore_support(
        label, predicted, labels=sorted(set(label)), average="macro", zero_division=0
    )
    found = score(predictions(given), CLASSES, 8).macro
    np.testing.assert_allclose(list(found.values()), expected[:3])


@given(pairs)
def test_confusion_matrix_is_that_of_scikit_learn(given: list[tuple[int, int]]):
    label, predicted = zip(*given, strict=True)
    matrix = confusion(np.array(label), np.array(predicted), CLASSES)
    np.testing.assert_array_equal(matrix[:, :-1], confusion_matrix(label, predicted, labels=CLASSES))
    assert matrix.sum() == len(given)


def test_five_most_probable():
    found = score(predictions([(0, 0), (0, 1), (0, 1), (0, 1)], rank=[0, 4, 5, 9], loss=2.0), CLASSES, 8)
    assert (found.top5, found.loss) == (0.5, pytest.approx(2.0))


@pytest.mark.parametrize(("known", "top5"), [(5, None), (6, 1.0)])
def test_a_model_of_five_classes_has_no_top_5(known: int, top5: float | None):
    assert score(predictions([(0, 0), (0, 1)], rank=[0, 4]), (0, 1), known).top5 == top5


def test_top_1_has_an_interval():
    found = score(predictions([(0, 0), (0, 1), (1, 1), (1, 1)]), (0, 1), 2)
    assert found.top1_interval == wilson(3, 4)
    assert found.top1_interval.mean == found.top1
