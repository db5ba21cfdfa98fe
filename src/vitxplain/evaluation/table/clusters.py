"""Means over maps of which several may be of one image, with intervals over resampled images."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from jaxtyping import Int

from vitxplain.metrics.intervals import Interval, bootstrap, bootstrap_sums
from vitxplain.metrics.pixels import Counts, PixelMetric

Subject: TypeAlias = tuple[str, str]  # image, and region in it


def cluster_mean(values: Mapping[Subject, float]) -> Interval:
    """Over the maps where the value is defined."""
    defined = {subject: value for subject, value in values.items() if value == value}
    if not defined:
        return Interval(np.nan, np.nan, np.nan)
    return bootstrap(np.array(list(defined.values())), groups=_images(defined))


def cluster_difference(first: Mapping[Subject, float], second: Mapping[Subject, float], sign: int = 1) -> Interval:
    """The mean of the first minus the second, over the maps where both are defined."""
    both = [subject for subject in first if subject in second]
    return cluster_mean({subject: sign * (first[subject] - second[subject]) for subject in both})


def cluster_pooled(counts: Mapping[Subject, Counts], metric: PixelMetric) -> Interval:
    """The metric of all pixels of all maps together."""
    totals = np.zeros((max(groups := _images(counts)) + 1, 4), np.int64)
    np.add.at(totals, groups, np.array(list(counts.values()), np.int64))
    return bootstrap_sums(totals, lambda sums: metric.of(Counts(*sums.tolist())))


def images_defined(values: Mapping[Subject, float]) -> int:
    """In how many images some value is defined."""
    return len({image for (image, _), value in values.items() if value == value})


def _images(values: Mapping[Subject, object]) -> Int[np.ndarray, " value"]:
    """For each value the number of its image."""
    numbers = {image: number for number, image in enumerate(dict.fromkeys(image for image, _ in values))}
    return np.array([numbers[image] for image, _ in values])
