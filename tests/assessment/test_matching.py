import pytest

from vitxplain.assessment.matching import match_classes
from vitxplain.errors import UsageError


def test_classes_are_matched_by_name_whatever_the_order():
    assert match_classes({0: "dog", 1: "cat", 2: "newt"}, ["cat", "dog"]) == (1, 0)


def test_a_synonym_and_another_case_are_the_same_name():
    assert match_classes({0: "tench, Tinca tinca", 1: "Goldfish"}, ["goldfish", "tench"]) == (1, 0)


def test_a_name_is_taken_as_it_stands_before_any_other_case():
    assert match_classes({0: "a", 1: "A"}, ["A", "a"]) == (1, 0)


def test_digits_are_names_not_indices():
    assert match_classes({0: "1", 1: "0"}, ["0", "1"]) == (1, 0)


def test_classes_nobody_named_are_taken_in_order():
    assert match_classes({0: "LABEL_0", 1: "LABEL_1"}, ["cat", "dog"]) == (0, 1)


def test_the_first_of_two_classes_of_one_name_is_taken():
    assert match_classes({0: "crane", 1: "crane", 2: "dog"}, ["crane", "dog"]) == (0, 2)


def test_classes_the_model_does_not_know_are_named():
    with pytest.raises(UsageError, match="does not know 2 classes of the data: 'yak', 'zebu'. Its classes are 'cat'"):
        match_classes({0: "cat", 1: "dog"}, ["cat", "yak", "zebu"])


def test_many_unknown_classes_are_counted():
    with pytest.raises(UsageError, match="30 classes of the data: .* and 22 more"):
        match_classes({0: "cat"}, [f"class {number}" for number in range(30)])


def test_two_classes_of_the_data_that_are_one_of_the_model():
    with pytest.raises(UsageError, match="'cat', 'Cat' of the data are one class of the model"):
        match_classes({0: "cat", 1: "dog"}, ["cat", "Cat"])
