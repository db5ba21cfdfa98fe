"""The frames of a clip explained in batches, maps about a class all about the same one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from vitxplain.animation.clip import Clip
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.progress import heard_by, tell
from vitxplain.explanation.explanation import Explanation
from vitxplain.models.vision_model import VisionModel
from vitxplain.scale.attempt import Outcome, attempt
from vitxplain.scale.wanted import Wanted

ByFrame: TypeAlias = Mapping[int, Mapping[str, Sequence[Outcome]]]  # by number of the frame and name of the method


@dataclass(frozen=True, eq=False)
class Frames:
    """What came of each frame of a clip, and how long each is shown."""

    name: str  # of the clip
    outcomes: ByFrame
    milliseconds: Sequence[int]

    def of(self, name: str, number: int) -> list[Explanation]:
        """The explanations of a method about one of its targets, in the order of time.

        Raises:
            Exception: what was wrong with the first frame that could not be explained.
        """
        explanations = []
        for frame, of_frame in self.outcomes.items():
            failed = next((outcome for outcome in of_frame[name] if isinstance(outcome, Exception)), None)
            if failed is not None:
                failed.add_note(f"in frame {frame + 1}")
                raise failed
            made = _explanation(of_frame[name][number])
            explanations.append(replace(made, provenance={**made.provenance, "input": self.name}))
        return explanations


def explained_frames(
    clip: Clip,
    explainers: Mapping[str, Explainer],
    wanted: Sequence[Wanted],
    model: VisionModel,
    options: Mapping[str, int],
) -> Frames:
    """Each frame explained as an image of its own.

    Where no target is wanted, methods about a class are about the one that most frames have as their best. Whoever
    listens to passes (`heard_by`) hears of frames.

    Args:
        clip: whose frames they are.
        explainers: by the name they were asked for.
        wanted: the targets.
        model: a classifier, or an encoder.
        options: those of `explain_together`, `batch_size` among them.

    Raises:
        ImageError: a frame cannot be read.
    """
    milliseconds: list[int] = []
    images: dict[int, Any] = {}
    outcomes: dict[int, dict[str, list[Outcome]]] = {}
    for number, frame in enumerate(clip.frames()):
        images[number] = frame.image
        milliseconds.append(frame.milliseconds)
        if len(images) == options["batch_size"] or number == clip.taken - 1:
            with heard_by(_of_frame):
                outcomes |= attempt(model, explainers, images, wanted, options)
            tell(len(outcomes), clip.taken)
            images = {}
    same = outcomes if wanted else _about_one_class(outcomes, explainers, model, options)
    return Frames(clip.name, same, milliseconds)


def usual_class(explanations: Sequence[Explanation]) -> int | None:
    """The index of the class that most frames have as their best, of several the first seen; None without classes."""
    best = [index for made in explanations if (index := _best(made)) is not None]
    return Counter(best).most_common(1)[0][0] if best else None


def _about_one_class(
    outcomes: ByFrame, explainers: Mapping[str, Explainer], model: VisionModel, options: Mapping[str, int]
) -> ByFrame:
    """The same; those about another class than most are explained again for that."""
    specific = {name: explainer for name, explainer in explainers.items() if explainer.class_specific}
    firsts = {
        number: _explanation(of_frame[name][0])
        for number, of_frame in outcomes.items()
        for name in specific
        if not isinstance(of_frame[name][0], Exception)
    }
    usual = usual_class(list(firsts.values()))
    others = {number: made.image for number, made in firsts.items() if usual != _best(made)}
    if usual is None or not others:
        return outcomes
    again = attempt(model, specific, others, [Wanted(usual)], options)
    return {number: {**of_frame, **again.get(number, {})} for number, of_frame in outcomes.items()}


def _of_frame(_done: int, _total: int) -> None:
    """The passes within a frame are not told apart."""


def _best(explanation: Explanation) -> int | None:
    return next(iter(explanation.prediction.indices), None)


def _explanation(outcome: Outcome) -> Explanation:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome[0]
