"""What every test of a model says beside its figures: model, data, images, versions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import vitxplain.render.backend  # noqa: F401 - before matplotlib
from vitxplain.data.sample import DataSet
from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.explanation.record import plain
from vitxplain.models.vision_model import VisionModel
from vitxplain.words import source_name

SCHEMA: Final = 1


def report_facts(
    model: VisionModel, data: DataSet, images: int, skipped: Sequence[str], figures: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything but the single predictions; a share that is not defined is null."""
    return plain(
        {
            "schema": SCHEMA,
            "task": model.task.name,
            "model": model_facts(model),
            "data": {"name": data.name, "split": data.split},
            "images": images,
            "skipped": list(skipped),
            **figures,
            "versions": versions(),
        }
    )


def about(model: VisionModel, data: DataSet) -> str:
    """What was tested on what, as pictures say it."""
    return f"{source_name(model.source)} on {source_name(data.name)} ({data.split})"
