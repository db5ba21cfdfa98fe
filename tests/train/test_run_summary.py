"""What a run says of itself before it starts."""

from vitxplain.train.run_summary import FEW_STEPS, few_steps


def test_few_steps_are_told_with_what_they_mean():
    assert few_steps(FEW_STEPS, FEW_STEPS) == ""
    assert few_steps(FEW_STEPS - 1, 10).startswith("few steps: 49, in which weights hardly move")
    few = few_steps(120, 1000)
    assert few.startswith("few steps: 120 for 1,000 classes, less than one a class")
    assert "-o epochs=N" in few
