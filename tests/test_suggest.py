"""Near names, and the question with them."""

from vitxplain.suggest import did_you_mean, similar_names


def test_the_nearest_first_and_no_more_than_asked():
    names = ["deletion", "insertion", "inserting", "iou"]
    assert similar_names("insertoin", names) == ["insertion", "inserting"]
    assert similar_names("insertoin", names, most=1) == ["insertion"]
    assert similar_names("insertoin", names, cutoff=0.99) == []
    assert similar_names("iuo", dict.fromkeys(names)) == ["iou"]


def test_the_question():
    assert did_you_mean(["a"]) == "did you mean a?"
    assert did_you_mean(["a", "b"], start="Did") == "Did you mean a or b?"
    assert did_you_mean([], "there is c.") == "there is c."
    assert did_you_mean([]) == ""
