"""The best and the worst images of a method: the known object beside the map."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.maps.map_source import MapSource, ScoredMap
from vitxplain.evaluation.maps.targets import targets_of
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.geometry import Geometry
from vitxplain.metrics.base import MASK
from vitxplain.render.colours import FAINT, INK
from vitxplain.render.compose import blend, photo
from vitxplain.render.display import shrunk
from vitxplain.render.figure import Picture, fit, inches, panel, sheet, write
from vitxplain.render.outline import outline_boxes, outline_mask
from vitxplain.render.styles.overlay import ALPHA
from vitxplain.words import source_name

COUNT: Final = 5  # of the best and of the worst
PANEL, BESIDE, BETWEEN, CAPTION, HEADING = 1.1, 0.04, 0.24, 0.2, 0.3  # inches


def extreme_sheets(found: Evaluation) -> dict[tuple[str, str], Picture]:
    """By model and method; chosen by the first metric that has a direction and, if there is one, sees the object."""
    ranked = [name for name, metric in found.metrics.items() if metric.better != "neither"]
    metric = next((name for name in ranked if MASK in found.metrics[name].needs), next(iter(ranked), None))
    if metric is None:
        return {}
    sign = -1 if found.metrics[metric].better == "lower" else 1
    chosen: dict[tuple[str, str], list[MapScores]] = {}
    for line in found.lines:
        score = line.scores.get(metric, np.nan)
        if not line.control and score == score:
            chosen.setdefault((line.model, line.method), []).append(line)
    for key, lines in chosen.items():
        lines.sort(key=lambda line: -sign * line.scores[metric])
        chosen[key] = lines if len(lines) <= 2 * COUNT else lines[:COUNT] + lines[-COUNT:]
    wanted = {line.image for lines in chosen.values() for line in lines}
    samples = _found(found.data, wanted)
    sheets: dict[tuple[str, str], Picture] = {}
    for block in found.blocks:
        if any((block.name, name) in chosen for name in block.methods):
            sheets |= _of_entry(block.open(), chosen, samples, metric, _about(found.data))
    return sheets


def _of_entry(
    entry: Entry, chosen: Mapping[tuple[str, str], list[MapScores]], samples: dict[str, Sample], metric: str, about: str
) -> dict[tuple[str, str], Picture]:
    return {
        (entry.name, name): _sheet(entry, maker, name, lines, samples, metric, about)
        for name, maker in entry.methods().items()
        if (lines := chosen.get((entry.name, name), []))
    }


def _found(data: DataSet, names: set[str]) -> dict[str, Sample]:
    """The samples of these names; a name is known only once its sample is read."""
    found: dict[str, Sample] = {}
    for _, sample in readable(data, lambda *_: None):
        if sample.name in names:
            found[sample.name] = sample
            if len(found) == len(names):
                break
    return found


def _about(data: DataSet) -> str:
    masked = " · outlined: the known object" if data.has_masks else ""
    return f"{source_name(data.name)} ({data.split}), {len(data):,} images{masked}"


def _sheet(
    entry: Entry,
    maker: MapSource,
    name: str,
    lines: Sequence[MapScores],
    samples: dict[str, Sample],
    metric: str,
    about: str,
) -> Picture:
    lines = [line for line in lines if line.image in samples]
    shown = [samples[line.image] for line in lines]
    about_class = targets_of(entry.model, shown, positive=entry.positive) if entry.model else []
    made = maker.maps([name], shown, [one.target for one in about_class])[name]
    half = -(-len(shown) // 2)
    step = 2 * PANEL + BESIDE + BETWEEN
    row = CAPTION + PANEL + 0.08
    figure = sheet(half * step - BETWEEN, 2 * (HEADING + row), f"{name} of {entry.name}: best and worst", about)
    for top, words, part in (
        (0.0, f"best by {metric}", range(half)),
        (HEADING + row, f"worst by {metric}, the worst last", range(half, len(shown))),
    ):
        heading = panel(figure, 0, top, half * step - BETWEEN, HEADING)
        write(heading, 0, 0.4, words, fontsize=10.5, weight="bold", color=INK, va="center")
        for place, index in enumerate(part):
            corner = place * step, top + HEADING
            caption = panel(figure, *corner, 2 * PANEL, CAPTION)
            said = f"{lines[index].scores[metric]:.2f}  {shown[index].name}"
            fit(write(caption, 0, 0.45, said, fontsize=8.5, color=FAINT, va="center"), 2 * PANEL + BESIDE)
            found = made[index]
            if isinstance(found, ScoredMap):
                _pair(figure, shown[index], found, corner[0], corner[1] + CAPTION)
    return figure


def _pair(figure: Picture, sample: Sample, made: ScoredMap, left: float, top: float) -> None:
    size = inches((sample.image.height, sample.image.width), PANEL)
    small, _ = shrunk(sample.image, Geometry.identity((sample.image.height, sample.image.width)))
    rgb = photo(small)
    heat = np.asarray(Image.fromarray(made.heat.astype(np.float32)).resize(small.size, Image.Resampling.NEAREST))
    for place, picture in enumerate((rgb, blend(rgb, heat, ALPHA))):
        axes = panel(figure, left + place * (size[0] + BESIDE), top, *size)
        axes.imshow(picture, aspect="auto")
        _outline(axes, sample, small.size)


def _outline(axes: Axes, sample: Sample, size: tuple[int, int]) -> None:
    if sample.mask is not None and sample.mask.any():
        outline_mask(axes, np.asarray(Image.fromarray(sample.mask).resize(size, Image.Resampling.NEAREST)))
    outline_boxes(axes, sample.boxes or (), size[0] / sample.image.width)
