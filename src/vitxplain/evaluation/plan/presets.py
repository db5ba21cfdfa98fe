"""Presets: published ways to score maps, each with its metrics, methods and what is done to images and models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vitxplain.data.resized import resized
from vitxplain.data.sample import DataSet
from vitxplain.errors import UnknownNameError, UsageError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.files.paths import is_folder
from vitxplain.metrics.average_precision import AveragePrecision
from vitxplain.metrics.base import Metric
from vitxplain.metrics.pixels import F1, IoU, MeanIoU, PixelAccuracy, PixelMetric, Precision, Recall
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.vision_model import VisionModel
from vitxplain.registry import canonical
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.train.records.run_folder import RUNS, RunFolder
from vitxplain.words import source_name

FOLDER: Final = RUNS / "deepvisionxplain"
EFFICIENTNET, MOBILENET = "torchvision:efficientnet_v2_s", "torchvision:mobilenet_v3_large"
MODELS: Final = {  # from what each is trained, and with which options
    "efficientnet-v2-s": f"{EFFICIENTNET}",
    "efficientnet-v2-s-cut": f"{EFFICIENTNET} -o cut_at=features.6.0.block.0",
    "mobilenet-v3-large": f"{MOBILENET}",
    "mobilenet-v3-large-cut": f"{MOBILENET} -o cut_at=features.13.block.0",
    "deit-tiny": "deit-tiny",
    "vit-tiny": "timm:vit_tiny_patch16_224",
}


@dataclass(frozen=True)
class Preset:
    """One way to score.

    Args:
        name: as typed.
        metrics: all of them.
        methods: where the user names none; of each model those that fit it.
        options: explainers that stand for methods of these names.
        side: images and masks are squashed to so many pixels a side, and models see all of them; None: as they are.
        positive: explained is the most probable class that is not "good", not the most probable of all.
        own_classes: a model is scored on those data sets alone whose classes are its own.
        cost: what methods cost is measured, too.
    """

    name: str
    metrics: tuple[Metric, ...]
    methods: tuple[str, ...]
    options: Mapping[str, Explainer] = field(default_factory=dict)
    side: int | None = None
    positive: bool = False
    own_classes: bool = False
    cost: bool = False

    def data(self, samples: DataSet) -> DataSet:
        """The images as they are scored."""
        return samples if self.side is None else resized(samples, (self.side, self.side))

    def model(self, model: VisionModel) -> VisionModel:
        """The model as it is scored: one that crops sees all of the square, scaled as its own scales."""
        if self.side is None or not model.processor.geometry((self.side, self.side)).crops:
            return model
        return model.changed(processor=Pixels.measured(model.processor).processor("ours"))

    def explainers(self, methods: Sequence[MethodLike]) -> list[MethodLike]:
        """The methods with the preset's options."""
        return [
            self.options.get(canonical("explainers", method), method)
            if isinstance(method, str) and method != "auto"
            else method
            for method in methods
        ]


def _where_sure(kind: type[PixelMetric]) -> PixelMetric:
    """Half of the way from the map's smallest to its largest value, where the model is more than half sure."""
    return kind(threshold="fixed", level=0.5, certainty=0.5)


PRESETS: Final = {
    "deepvisionxplain": Preset(
        "deepvisionxplain",
        metrics=tuple(_where_sure(kind) for kind in (PixelAccuracy, F1, Precision, Recall, IoU)),
        methods=("cam", "attention-rollout"),
        positive=True,
        own_classes=True,
        cost=True,
    ),
    "chefer": Preset(
        "chefer",
        metrics=(PixelAccuracy(), MeanIoU(), AveragePrecision(), AveragePrecision(background=True)),
        methods=("gradient-attention", "attention-rollout", "raw-attention", "grad-cam"),
        options={"attention-rollout": AttentionRollout(start_layer=1)},
        side=224,
    ),
}


def preset_of(name: str) -> Preset:
    """The preset of a name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in PRESETS:
        hint = did_you_mean(similar_names(name, PRESETS, most=1), f"There are {' and '.join(PRESETS)}.", start="Did")
        raise UnknownNameError(f"no preset is called {name!r}. {hint}")
    return PRESETS[name]


def default_runs(data: Sequence[str]) -> list[list[str]]:
    """For each data set the six runs, in `vitx-runs/deepvisionxplain/MODEL-DATA`.

    Raises:
        UsageError: runs are missing or not finished; the message has the command that makes each.
    """
    runs = [[(name, source, FOLDER / f"{name}-{source_name(source)}") for name in MODELS] for source in data]
    commands = [f"  {command}" for of_source in runs for run in of_source if (command := _command(*run))]
    if commands:
        raise UsageError(
            f"of the {len(MODELS) * len(data)} runs of the preset deepvisionxplain {len(commands)} are missing. Make "
            "them with these lines, or name models of your own with --model (run folders, demo-vit, demo-cnn):\n"
            + "\n".join(commands)
        )
    return [[str(path) for *_, path in of_source] for of_source in runs]


def _command(name: str, data: str, path: Path) -> str | None:
    """The command that makes a run, or goes on with one that was stopped; None where it is finished."""
    run = RunFolder(path)
    if run.saved_result() and is_folder(run.model):
        return None
    if run.exists():
        return f"vitx train --out {path} --resume"
    return f"vitx train --model {MODELS[name]} --data {data} --out {path}"
