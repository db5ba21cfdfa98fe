"""Where a map lies, how concentrated and how steady it is, beside Quantus'."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import quantus

from tests.crosschecks.comparison import Comparison, Pair
from tests.crosschecks.material import (
    INPUTS,
    UNTIED,
    asked,
    cases,
    explained_class,
    flat,
    model,
    own_maps,
    picture,
    pixels,
    untied,
    without_ties,
)
from vitxplain.metrics.base import Case, Metric
from vitxplain.metrics.entropy import Entropy
from vitxplain.metrics.mass_accuracy import MassAccuracy
from vitxplain.metrics.max_sensitivity import MaxSensitivity
from vitxplain.metrics.pointing_game import PointingGame
from vitxplain.metrics.rank_accuracy import RankAccuracy
from vitxplain.metrics.sparseness import Sparseness

STEADY = MaxSensitivity(samples=4)


def score(metric: Any, given: Sequence[Case], **more: Any) -> list[Any]:
    """Quantus' scores of our maps, one a case."""
    return metric(
        model=more.pop("module", model().module.eval()),
        x_batch=np.stack([pixels(one.image) for one in given]),
        y_batch=np.array([explained_class(one) for one in given]),
        a_batch=np.stack([one.heat[None] for one in given]),
        s_batch=np.stack([one.known_mask[None] for one in given]),
        channel_first=True,
        device="cpu",
        **more,
    )


def plain(name: str, **options: Any) -> Any:
    """One of Quantus' metrics without its warnings."""
    return getattr(quantus, name)(disable_warnings=True, **options)


def both(ours: Metric, theirs: str, given: Callable[[], list[Case]]) -> Callable[[], Iterator[Pair]]:
    def pairs() -> Iterator[Pair]:
        some = given()
        for one, found in zip(some, score(plain(theirs), some), strict=True):
            yield ours.score(one), float(found)

    return pairs


def one_constant() -> list[Case]:
    """Constant maps, and a last one that is not: Quantus refuses a batch of which every value is equal."""
    return [*flat(own_maps()), untied(own_maps())[-1]]


def steady() -> Iterator[Pair]:
    """Both get the same noisy copies, one after the other."""
    for one in own_maps():
        noisy = iter([pixels(image) for image in STEADY.noisy(one.image)])

        def explain(inputs: np.ndarray, one: Case = one, **_: Any) -> np.ndarray:
            return np.stack([heat[None] for heat in asked(one).explain([picture(values) for values in inputs])])

        def disturb(arr: np.ndarray, noisy: Iterator[np.ndarray] = noisy, **_: Any) -> np.ndarray:
            return next(noisy).reshape(arr.shape)

        metric = plain("MaxSensitivity", nr_samples=STEADY.samples, perturb_func=disturb)
        (found,) = score(metric, [one], explain_func=explain)
        yield STEADY.score(one), float(found)


TIED = "8 constant maps"
COMPARISONS = [
    Comparison(
        "pointing-game",
        "quantus",
        "PointingGame",
        UNTIED,
        "",
        both(PointingGame(), "PointingGame", without_ties),
        0,
    ),
    Comparison(
        "pointing-game",
        "quantus",
        "PointingGame",
        TIED,
        "Quantus counts a hit if any of several equal maxima hits, so that a constant map always wins. Ours scores "
        "the share that hits.",
        both(PointingGame(), "PointingGame", one_constant),
        0.5,
        same=False,
    ),
    Comparison(
        "mass-accuracy",
        "quantus",
        "RelevanceMassAccuracy",
        INPUTS,
        "",
        both(MassAccuracy(), "RelevanceMassAccuracy", cases),
    ),
    Comparison(
        "rank-accuracy",
        "quantus",
        "RelevanceRankAccuracy",
        UNTIED,
        "",
        both(RankAccuracy(), "RelevanceRankAccuracy", without_ties),
    ),
    Comparison(
        "rank-accuracy",
        "quantus",
        "RelevanceRankAccuracy",
        TIED,
        "Quantus takes equal pixels in the order of its sort, so that the score depends on where in the image the "
        "object lies. Ours takes the share of them.",
        both(RankAccuracy(), "RelevanceRankAccuracy", one_constant),
        0.05,
        same=False,
    ),
    Comparison(
        "sparseness",
        "quantus",
        "Sparseness",
        INPUTS,
        "Quantus adds 1e-7 to every pixel.",
        both(Sparseness(), "Sparseness", cases),
        1e-5,
    ),
    Comparison("entropy", "quantus", "Complexity", INPUTS, "", both(Entropy(), "Complexity", cases)),
    Comparison(
        "max-sensitivity",
        "quantus",
        "MaxSensitivity",
        "8 maps, 4 noisy copies",
        "The same noisy copies given to both. Quantus takes 200 with noise of up to 0.2 by itself; ours 10, with 0.02.",
        steady,
        1e-5,
    ),
]
