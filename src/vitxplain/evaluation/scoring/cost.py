"""What a method costs: beside a plain forward pass of the same model on the same images in the same minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from time import perf_counter

import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet
from vitxplain.evaluation.maps.map_source import MethodMaps
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models.processors.batches import batches
from vitxplain.models.vision_model import VisionModel

REPEATS = 5


@dataclass(frozen=True)
class Cost:
    """Of one method on one model, an image, without reading and preparing it.

    `flops` are multiplications and additions of matrices and convolutions, as PyTorch counts them (a
    multiply-accumulate is 2), of all passes. `memory` is the peak in bytes above what the weights take, known on CUDA
    devices alone.
    """

    model: str
    method: str
    parameters: int
    seconds: float
    forward_seconds: float
    flops: int
    forward_flops: int
    memory: int | None
    batch_size: int
    device: str

    @property
    def ratio(self) -> float:
        """Time of the method in plain forward passes."""
        return self.seconds / self.forward_seconds


def costs(entries: Sequence[Entry], samples: DataSet, batch_size: int) -> tuple[Cost, ...]:
    """Of every method that is not stored, on the first images of the set; the median of five, after one to warm up."""
    images = [sample.image for _, sample in islice(readable(samples, lambda *_: None), batch_size)]
    return tuple(
        cost
        for entry in entries
        for map_source in entry.map_sources
        if isinstance(map_source, MethodMaps)
        for cost in _method_costs(entry.name, map_source, images)
    )


def _method_costs(name: str, map_source: MethodMaps, images: Sequence[Image.Image]) -> list[Cost]:
    model = map_source.model
    if model.task.finds:  # the best object of each image, however unsure the model is
        model = model.finding_from(0.0)
    batch = next(batches(model.processor, list(images), len(images)))
    model = model.on_part(batch.part)
    pixel_values, count = batch.pixel_values.to(model.device, model.dtype), len(batch.images)

    def forward() -> None:
        with undisturbed(model.module), torch.inference_mode():
            model.outputs(pixel_values)

    def method(explainer: Explainer) -> Callable[[], object]:
        return lambda: shared_pass(model, pixel_values, [explainer])

    plain, forward_flops, _ = _measure(model, forward)
    method_costs = []
    for method_name, explainer in map_source.explainers.items():
        seconds, flops, memory = _measure(model, method(explainer))
        method_costs.append(
            Cost(
                model=name,
                method=method_name,
                parameters=sum(parameter.numel() for parameter in model.module.parameters()),
                seconds=seconds / count,
                forward_seconds=plain / count,
                flops=flops // count,
                forward_flops=forward_flops // count,
                memory=memory,
                batch_size=count,
                device=str(model.device),
            )
        )
    return method_costs


def _measure(model: VisionModel, work: Callable[[], object]) -> tuple[float, int, int | None]:
    """Seconds, floating-point operations, and bytes where they can be known."""
    with FlopCounterMode(display=False) as counter:  # the run that warms up
        work()
    on_cuda = model.device.type == "cuda"
    before = torch.cuda.memory_allocated(model.device) if on_cuda else 0
    if on_cuda:
        torch.cuda.reset_peak_memory_stats(model.device)
    taken = []
    for _ in range(REPEATS):
        started = perf_counter()
        work()
        if on_cuda:
            torch.cuda.synchronize(model.device)
        taken.append(perf_counter() - started)
    memory = torch.cuda.max_memory_allocated(model.device) - before if on_cuda else None
    return median(taken), counter.get_total_flops(), memory
