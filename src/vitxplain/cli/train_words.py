"""Sentences of `vitx train`: what will be done, and how good the outcome is."""

from collections.abc import Iterator, Mapping
from typing import Final

from vitxplain.metrics.intervals import wilson
from vitxplain.train.beginning import Beginning
from vitxplain.train.run_config import from_here

UNSURE: Final = 0.2  # an accuracy whose 95 % interval is wider than this says little
NAMED: Final = 8  # classes


def what_will_be_done(beginning: Beginning, *, resume: bool) -> Iterator[tuple[str, str]]:
    """Lines with what stands before them."""
    one = beginning
    height, width = one.image_size
    learn = "all of them learn" if one.learning == one.parameters else f"{one.learning:,} of them learn"
    yield "model", f"{from_here(one.model)}: {one.parameters:,} parameters, {learn}"
    images = ", ".join(f"{count:,} {split}" for split, count in one.images.items())
    more = f" and {len(one.classes) - NAMED} more" if len(one.classes) > NAMED else ""
    classes = f"{len(one.classes)} classes: {', '.join(one.classes[:NAMED])}{more}"
    yield "data", f"{from_here(one.data)}: {images} images of {classes}"
    for note in one.notes:
        yield "", note
    long = f"{_count(one.steps, 'step')} ({_count(one.epochs, 'epoch')})"
    yield (
        "training",
        f"{long} of {one.batch_size:,} images at {height}x{width} pixels, "
        f"learning rate {one.learning_rate:g}, on {one.device} in {one.precision}",
    )
    yield "run", f"{one.folder}"
    if one.after:
        yield "", f"going on from step {one.after:,} of {one.steps:,}"
    elif resume:
        yield "", "there is no checkpoint to go on from: it begins anew"


def _count(number: float, word: str) -> str:
    return f"{round(number, 1):,g} {word}{'' if number == 1 else 's'}" if number < 1e5 else f"{round(number):,} {word}s"


def figures_of(found: Mapping[str, float], classes: int) -> str:
    """Accuracy and loss of a split, and what of it is chance."""
    accuracy, images = found["accuracy"], int(found["images"])
    right = round(accuracy * images)
    said = [f"accuracy {accuracy:.2%} ({right:,} of {images:,} images), loss {found['loss']:.4f}"]
    sure = wilson(right, images)
    if sure.high - sure.low > UNSURE:
        said.append(f"too few images to tell {sure.low:.0%} from {sure.high:.0%}")
    if (there := int(found.get("classes", classes))) < classes:
        said.append(f"only {there} of {classes} classes {'is' if there == 1 else 'are'} in it")
    return "; ".join(said)
