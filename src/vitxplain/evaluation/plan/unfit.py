"""Methods that do not fit: of several models some of them, which is no error, or every model, which is."""

from collections.abc import Sequence
from dataclasses import dataclass

from vitxplain.evaluation.failures import Failure


@dataclass(frozen=True)
class Unfit:
    """A method that was asked for and does not fit a model; `reason` is a clause about the model."""

    model: str
    method: str
    reason: str


def failures_and_notes(unfit: Sequence[Unfit], fitting: set[str], scored: set[str]) -> tuple[list[Failure], list[str]]:
    """A failure for each method that fits none of the models; of the others why models are without them.

    `fitting` are the methods that fit some model, `scored` the models that some method fits; others are left out.
    """
    failures = [
        Failure(case.model, case.method, "", f"does not fit: {case.reason}.")
        for case in unfit
        if case.method not in fitting
    ]
    lacking = [case for case in unfit if case.method in fitting]
    notes = [f"{case.method} is left out of {case.model}: {case.reason}." for case in lacking if case.model in scored]
    for model in dict.fromkeys(case.model for case in lacking if case.model not in scored):
        reasons = "; ".join(f"{case.method}: {case.reason}" for case in lacking if case.model == model)
        notes.append(f"{model} is left out, since none of the methods fits it ({reasons}).")
    return failures, notes
