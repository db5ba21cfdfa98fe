"""The best and the worst images of a method: the known object beside the map."""

from bisect import insort
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from PIL import Image

from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.maps.map_source import MapSource, ScoredMap
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.regions.map_request import MapRequest
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.geometry import Geometry
from vitxplain.metrics.base import MASK
from vitxplain.render.colours import FAINT, INK
from vitxplain.render.compose import blend, photo
from vitxplain.render.display import shrunk
from vitxplain.render.figure import Picture, fit, inches, panel, rectangle, sheet, write
from vitxplain.render.outline import outline_boxes, outline_mask
from vitxplain.render.styles.overlay import ALPHA
from vitxplain.words import source_name

COUNT: Final = 5  # of the best and of the worst
Ends: TypeAlias = tuple[list[MapScores], list[MapScores]]  # the best, and the worst
PANEL, BESIDE, BETWEEN, CAPTION, HEADING = 1.1, 0.04, 0.24, 0.2, 0.3  # inches


def extreme_sheets(evaluation: Evaluation) -> dict[tuple[str, str], Picture]:
    """By model and method; chosen by the first metric that has a direction and, if there is one, sees the object."""
    ranked = [name for name, metric in evaluation.metrics.items() if metric.better != "neither"]
    metric = next((name for name in ranked if MASK in evaluation.metrics[name].needs), next(iter(ranked), None))
    if metric is None:
        return {}
    sign = -1 if evaluation.metrics[metric].better == "lower" else 1
    scored: dict[tuple[str, str], list[MapScores]] = {}

    def rank(map_score: MapScores) -> float:
        return -sign * map_score.scores[metric]

    for map_score in evaluation.map_scores:
        score = map_score.scores.get(metric, np.nan)
        if not map_score.control and score == score:
            ranked_scores = scored.setdefault((map_score.model, map_score.method), [])
            insort(ranked_scores, map_score, key=rank)
            if len(ranked_scores) > 2 * COUNT:  # only the ends are looked at
                del ranked_scores[COUNT]
    chosen = {key: ends_of(ranked_scores, metric) for key, ranked_scores in scored.items()}
    names = {map_score.image for ends in chosen.values() for end in ends for map_score in end}
    samples = _samples(evaluation.data, names)
    sheets: dict[tuple[str, str], Picture] = {}
    for planned_entry in evaluation.entries:
        if any((planned_entry.name, name) in chosen for name in planned_entry.methods):
            sheets |= _sheets(planned_entry.open(), chosen, samples, metric, evaluation.data)
    return sheets


def ends_of(ranked: list[MapScores], metric: str) -> Ends:
    """The best and the worst of maps in the order of their scores, the best first.

    What scores as the best one does is not among the worst, nor the other way round; of maps that all score alike some
    are given as the best.
    """
    scores = [map_score.scores[metric] for map_score in ranked]
    first, last = scores[0], scores[-1]
    if first == last:
        return ranked[:COUNT], []
    half = min(COUNT, -(-len(ranked) // 2))
    rest = ranked[max(half, len(ranked) - COUNT) :]
    best = [one for one in ranked[:half] if one.scores[metric] != last]
    return best, [one for one in rest if one.scores[metric] != first]


def _sheets(
    entry: Entry,
    chosen: Mapping[tuple[str, str], Ends],
    samples: dict[str, Sample],
    metric: str,
    data: DataSet,
) -> dict[tuple[str, str], Picture]:
    return {
        (entry.name, name): _sheet(entry, map_source, name, ends, samples, metric, data)
        for name, map_source in entry.methods().items()
        if (ends := chosen.get((entry.name, name)))
    }


def _samples(data: DataSet, names: set[str]) -> dict[str, Sample]:
    """The samples of these names; a name is known only once its sample is read."""
    samples: dict[str, Sample] = {}
    for _, sample in readable(data, lambda *_: None):
        if sample.name in names:
            samples[sample.name] = sample
            if len(samples) == len(names):
                break
    return samples


def _about(data: DataSet, entry: Entry) -> str:
    masked = " · outlined: the known object" if data.has_masks or entry.truth else ""
    return f"{source_name(data.name)} ({data.split}), {len(data):,} images{masked}"


def _sheet(
    entry: Entry,
    map_source: MapSource,
    name: str,
    ends: Ends,
    samples: dict[str, Sample],
    metric: str,
    data: DataSet,
) -> Picture:
    images = dict.fromkeys(map_score.image for end in ends for map_score in end if map_score.image in samples)
    asked_again, _ = entry.requests([samples[image] for image in images], data)
    by_subject = {(request.sample.name, request.region): request for request in asked_again}
    best, worst = ([map_score for map_score in end if map_score.subject in by_subject] for end in ends)
    map_scores = best + worst
    chosen = {map_score.subject for map_score in map_scores}
    requests = {subject: request for subject, request in by_subject.items() if subject in chosen}
    outcomes = map_source.maps([name], list(requests.values()))[name]
    by_request = dict(zip(requests, outcomes, strict=True))
    shown = [requests[map_score.subject] for map_score in map_scores]
    maps = [by_request[map_score.subject] for map_score in map_scores]
    across = max(len(best), len(worst))
    step = 2 * PANEL + BESIDE + BETWEEN
    row = CAPTION + PANEL + 0.08
    rows = [(f"best by {metric}" if ends[1] else f"all alike by {metric}", range(len(best)))]
    if worst:
        rows.append((f"worst by {metric}, the worst last", range(len(best), len(best) + len(worst))))
    title = f"{name} of {entry.name}: best and worst"
    figure = sheet(across * step - BETWEEN, len(rows) * (HEADING + row), title, _about(data, entry))
    for number, (words, part) in enumerate(rows):
        top = number * (HEADING + row)
        _line(figure, 0, top + 0.6 * HEADING, words, fontsize=10.5, weight="bold", color=INK)
        for column, index in enumerate(part):
            corner = column * step, top + HEADING
            text = f"{map_scores[index].scores[metric]:.2f}  {' '.join(filter(None, map_scores[index].subject))}"
            caption = _line(figure, corner[0], corner[1] + 0.55 * CAPTION, text, fontsize=8.5, color=FAINT)
            fit(caption, 2 * PANEL + BESIDE)
            scored_map = maps[index]
            if isinstance(scored_map, ScoredMap):
                _pair(figure, shown[index], scored_map, corner[0], corner[1] + CAPTION)
    return figure


def _line(figure: Picture, left: float, middle: float, words: str, **style: Any) -> Text:
    """Words on the sheet itself, for which axes take ten times as long; their place is in inches of the content."""
    x, y, *_ = rectangle(figure, left, middle, 0, 0)
    return write(figure, x, y, words, va="center", **style)


def _pair(figure: Picture, request: MapRequest, scored_map: ScoredMap, left: float, top: float) -> None:
    sample = request.sample
    size = inches((sample.image.height, sample.image.width), PANEL)
    small, _ = shrunk(sample.image, Geometry.identity((sample.image.height, sample.image.width)))
    rgb = photo(small)
    heat = np.asarray(Image.fromarray(scored_map.heat.astype(np.float32)).resize(small.size, Image.Resampling.NEAREST))
    for column, picture in enumerate((rgb, blend(rgb, heat, ALPHA))):
        axes = panel(figure, left + column * (size[0] + BESIDE), top, *size)
        axes.imshow(picture, aspect="auto")
        _outline(axes, request, small.size)


def _outline(axes: Axes, request: MapRequest, size: tuple[int, int]) -> None:
    sample = request.sample
    mask = request.mask if request.region else sample.mask
    if mask is not None and mask.any():
        outline_mask(axes, np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)))
    outline_boxes(axes, () if request.region else sample.boxes or (), size[0] / sample.image.width)
