"""The table of figures in a model card, in the words of its task."""

from collections.abc import Mapping
from typing import Any

from vitxplain.metrics.intervals import wilson
from vitxplain.train.records.metrics_file import FIGURES
from vitxplain.words import percent

_MEANING = {
    "map": "mAP is the mean of average precision over classes and overlaps of 0.5 to 0.95, mAP50 that at 0.5.",
    "miou": "mIoU is the mean over classes of intersection over union.",
}


def figures_table(metrics: Mapping[str, Mapping[str, Any]], split_names: Mapping[str, str]) -> list[str]:
    """Lines of Markdown: a row a split, and what the figures mean."""
    first = next(iter(metrics.values()), {})
    names = [name for name in FIGURES if name in first]
    if "accuracy" in names or not names:
        return _of_classes(metrics, split_names)
    return [
        f"| split | images | {' | '.join(FIGURES[name] for name in names)} |",
        f"| --- | ---: |{' ---: |' * len(names)}",
        *(
            f"| {split_names.get(split, split)} | {round(figures['images']):,} | "
            f"{' | '.join('' if figures[name] is None else f'{figures[name]:.4f}' for name in names)} |"
            for split, figures in metrics.items()
        ),
        "",
        _MEANING[names[0]],
        "",
    ]


def best_of(best: str, metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """The figure the weights were chosen by, in words; `best` is the option, of which accuracy is the task's own."""
    first = next(iter(metrics.values()), {})
    return best if best == "loss" else next((words for name, words in FIGURES.items() if name in first), best)


def _of_classes(metrics: Mapping[str, Mapping[str, Any]], split_names: Mapping[str, str]) -> list[str]:
    return [
        "| split | images | accuracy | 95 % interval | loss |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_row(split_names.get(split, split), figures) for split, figures in metrics.items()),
        "",
        "The interval is Wilson's: how far chance alone moves the accuracy with so many images.",
        "",
    ]


def _row(split: str, figures: Mapping[str, Any]) -> str:
    images, accuracy = round(figures["images"]), figures["accuracy"]
    _, low, high = wilson(round(accuracy * images), images)
    interval = f"{percent(low)} to {percent(high)}"
    return f"| {split} | {images:,} | {accuracy:.2%} | {interval} | {figures['loss']:.4f} |"
