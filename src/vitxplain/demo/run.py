"""Runs the demo: the classifiers in the box on digits, scores, pictures, recordings and the page."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

import vitxplain.render.backend  # noqa: F401 - before matplotlib
from vitxplain import registry
from vitxplain.api import explain_together, fitting
from vitxplain.data.sample import Sample
from vitxplain.data.synthetic.digits import Digits
from vitxplain.demo.page import page, truth_part, verdict_on
from vitxplain.demo.recordings import record_demo
from vitxplain.demo.scene_part import ScenePart
from vitxplain.demo.scores import Score, controls, precisions, table
from vitxplain.demo.sheet import contact_sheet
from vitxplain.escape import utf8
from vitxplain.explainers.base import says_where
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.explanation.explanation import Explanation
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.models import known_models as box
from vitxplain.models.loading.load import load_model
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.render.figure import png_bytes

COUNT, SHOWN = 64, 6  # images scored, and of these drawn
PART = 8  # images explained between two words of progress


def run(
    folder: Path,
    report: Callable[[str], None],
    count: int = COUNT,
    scenes: Sequence[ScenePart] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[list[Score], list[Path]]:
    """Explain `count` test digits with both classifiers and every built-in method that fits; the table and the files.

    `report` is told what is begun, `progress` how far it is. A model's pictures are written as soon as they are made.
    At the end the folder has index.html, which is the first of the files, recordings for the viewer, scores.csv, a
    contact sheet for each model, and the images with their masks; with `scenes` their table, sheets,
    recordings and images, too.

    Raises:
        ModelLoadError: this installation came without the models.
        OutputError: the folder cannot be written.
    """
    models = {name: load_model(name, device="cpu") for name in box.DIGIT_MODELS}
    samples = list(Digits("test", size=models["demo-vit"].processor.input_size, count=count))
    of_controls = controls(samples)
    of_methods: dict[str, dict[str, np.ndarray]] = {}
    of_images: dict[str, dict[str, list[Explanation]]] = {}
    pictures: dict[str, bytes] = {}
    written: list[Path] = [part.file for part in scenes if part.file is not None]
    for name, model in models.items():
        fit = [method for method, obstacle in fitting(model).items() if obstacle is None and _built_in(method)]
        methods = [method for method in fit if PATCH_FEATURES not in load_explainer(method).needs]
        report(f"{name}: {', '.join(methods)}")
        results: dict[str, list[Explanation]] = {method: [] for method in methods}
        for start in range(0, len(samples), PART):
            part = [sample.image for sample in samples[start : start + PART]]
            for method, explained in explain_together(model, part, methods).items():
                results[method] += explained
            progress(f"{name}: {start + len(part)} of {len(samples)} images by {len(methods)} methods")
        maps = {method: explained for method, explained in results.items() if says_where(explained[0].axes)}
        of_methods[name] = {method: precisions(explained, samples) for method, explained in maps.items()}
        means = {method: float(values.mean()) for method, values in of_methods[name].items()}
        of_images[name] = {method: maps[method][:SHOWN] for method in sorted(maps, key=lambda method: -means[method])}
        drawn = {f"{name}.png": png_bytes(contact_sheet(name, samples[:SHOWN], of_images[name], means))}
        drawn |= {
            f"{name}.{method}.png": png_bytes(explained[0].plot())
            for method, explained in results.items()
            if method not in maps
        }
        written += write_together({folder / file: picture for file, picture in drawn.items()})
        pictures |= drawn
    scores = table(of_methods, of_controls)
    truth = truth_part(scores, len(samples), {_caption(name): picture for name, picture in pictures.items()}, scenes)
    recording = record_demo(folder, models["demo-vit"], samples[:SHOWN], of_images["demo-vit"], scenes)
    text = "".join(page(recording, truth))
    others = {f"{part.model}.png": part.picture for part in scenes if part.file is None}
    files = {"index.html": utf8(text), "scores.csv": _csv(scores), **others, **_images(samples[:SHOWN])}
    if scenes:
        shown = [scene.sample for part in scenes for scene in part.shown]
        files["scenes.csv"] = _scenes_csv(scenes)
        files |= {f"scenes/{_stem(sample)}.png": _png(sample.image) for sample in shown}
    return scores, [*write_together({folder / name: content for name, content in files.items()}), *written]


def _built_in(method: str) -> bool:
    """Plugins may take hundreds of passes an image, and the demo is to be over within a minute."""
    return registry.package(registry.names("explainers")[method]).startswith("vitxplain ")


def _caption(name: str) -> str:
    model, *method = name.removesuffix(".png").split(".")
    return f"{model}: {method[0] if method else 'maps beside the digit'}"


def _csv(scores: list[Score]) -> bytes:
    header = ["model", "method", "average_precision", "low", "high", "beats_every_control"]
    rows = ([score.model or "control", score.method, *score.precision, verdict_on(score)] for score in scores)
    return csv_bytes(header, rows, line_end="\r\n")


def _scenes_csv(parts: Sequence[ScenePart]) -> bytes:
    intervals = [f"{name}{end}" for name in ("pointing", "inside") for end in ("", "_low", "_high")]
    header = ["task", "model", "method", "found", "total", *intervals]
    rows = (
        [part.task, row.model or "control", row.method, row.matched, row.total, *row.pointing, *row.inside]
        for part in parts
        for row in part.scores
    )
    return csv_bytes(header, rows, line_end="\r\n")


def _images(samples: list[Sample]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for sample in samples:
        files |= {
            f"images/{_stem(sample)}.png": _png(sample.image),
            f"masks/{_stem(sample)}.png": _png(Image.fromarray(sample.object_mask())),
        }
    return files


def _stem(sample: Sample) -> str:
    return sample.name.rpartition("/")[-1]


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
