"""How often an explanation waits for the device: for a batch as often as for an image."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.explainers.tiny import SIZE, load, resnet_module, vit_module
from tests.synchronisations import on_a_gpu, synchronisations
from vitxplain import explain_together, fitting, load_model
from vitxplain.capture.sound_graph import SoundGraph
from vitxplain.models.vision_model import VisionModel

MOST = 20  # a call: finite checks, predictions, targets, state of modules; of each method a copy of its maps besides


@pytest.mark.parametrize(("build", "kind"), [(vit_module, "tensors"), (resnet_module, "arrays")])
def test_a_batch_waits_for_the_device_as_often_as_an_image(build: Callable[[], nn.Module], kind: str) -> None:
    model = load(build)
    methods = [name for name, reason in fitting(model).items() if reason is None]
    assert len(methods) >= 3
    of_two, of_eight = (_waits(model, _images(kind, count), methods) for count in (2, 8))
    assert of_two == of_eight
    assert 0 < sum(of_eight.values()) <= MOST + len(methods)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch sees")
@pytest.mark.parametrize(("build", "kind"), [(vit_module, "tensors"), (resnet_module, "arrays")])
def test_on_a_gpu_a_batch_waits_as_often_as_an_image(build: Callable[[], nn.Module], kind: str) -> None:
    model = load_model(build(), mean=0.5, std=0.5, size=SIZE, device="cuda")
    methods = [name for name, reason in fitting(model).items() if reason is None]
    totals = []
    for count in (2, 8):
        images = _images(kind, count)
        explain_together(model, images, methods)
        with on_a_gpu() as counts:
            explain_together(model, images, methods)
        totals.append(counts)
    of_two, of_eight = totals
    assert of_two.total() == of_eight.total(), of_eight - of_two
    assert 0 < of_eight.total() <= MOST + len(methods)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch sees")
def test_what_waits_for_a_gpu_is_counted() -> None:
    rows = torch.ones(3, 2, device="cuda")
    with on_a_gpu() as counts:
        for row in rows:
            float(row.sum())
    assert counts.total() == 3


def test_what_waits_an_image_is_counted() -> None:
    with synchronisations() as counts:
        for row in torch.ones(3, 2, device=torch.device("cpu")):
            float(row.sum())
            row[row > 0].cpu().tolist()
    assert counts == {"elsewhere _local_scalar_dense": 3, "elsewhere index": 3, "elsewhere cpu": 3}


def test_zero_rows_are_looked_for_on_a_cpu_alone() -> None:
    values = {device: torch.zeros(2, 3, device=device, requires_grad=True) for device in ("cpu", "meta")}
    with SoundGraph():
        made = {device: F.linear(given, torch.ones(4, 3, device=device)) for device, given in values.items()}
    assert [type(output.grad_fn).__name__ for output in made.values()] == ["_LinearBackward", "MmBackward0"]


def _waits(model: VisionModel, images: Any, methods: list[str]) -> dict[str, int]:
    """In a call like one before; without the work for a CPU alone."""
    explain_together(model, images, methods)
    with synchronisations(model.processor.extremes) as counts:
        explain_together(model, images, methods)
    return {where: count for where, count in counts.items() if not where.startswith("capture/zero_rows")}


def _images(kind: str, count: int) -> Any:
    draw = np.random.default_rng(0)
    if kind == "tensors":
        return torch.from_numpy(draw.normal(size=(count, 3, *SIZE)).astype(np.float32))
    return [draw.integers(0, 256, (40, 50, 3), np.uint8) for _ in range(count)]
