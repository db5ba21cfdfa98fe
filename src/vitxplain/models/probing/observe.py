"""observe: runs two watched passes of a model and returns what they show, for the probe to conclude from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.batch_norm import SoundBatchNorm
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.models.probing.comparison import compare_calls
from vitxplain.models.probing.dependence import learned_queries, reached_outputs, used_calls
from vitxplain.models.probing.observation import Head, Observation, ObservedCall
from vitxplain.models.probing.recording import PassRecorder, RecordedCall
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


def noise(model: "VisionModel", size: tuple[int, int]) -> PixelValues:
    """Two fixed noise images in the model's own number of channels."""
    first = next((m for m in model.module.modules() if isinstance(m, nn.Conv2d)), None)
    channels = first.in_channels * first.groups if first is not None and first.groups == 1 else 3
    channels = channels if channels <= 16 else 3  # the first convolution listed is not always the stem
    images = torch.randn(2, channels, *size, generator=torch.Generator().manual_seed(0))
    return images.to(model.device, model.dtype)


def observe(model: "VisionModel", size: tuple[int, int], *, graph: bool = True) -> Observation:
    """Watch one pass, with a graph unless told otherwise, and one on two images; the model is left as found."""
    images = noise(model, size)
    recorder = PassRecorder()
    with undisturbed(model.module):
        with (
            torch.set_grad_enabled(graph),
            recorder.on_modules(model.module),
            SoundBatchNorm(),
            AttentionTap(model.module, recorder),
        ):
            image = images[:1].requires_grad_(graph)
            logits = model.logits(image)
        calls = _observed_calls(model, image, images, logits, recorder.calls)
    head = recorder.last_linear
    return Observation(
        logits=logits,
        maps=ImageMaps(size, tuple(recorder.map_sizes)),
        calls=calls,
        nodes=recorder.nodes,
        convolutions=tuple(recorder.convolutions),
        head=head if head is not None and _makes(logits, head) else None,
        hidden=recorder.hidden,
        silence=recorder.silence,
    )


def _observed_calls(
    model: "VisionModel",
    image: Float[Tensor, "1 channel height width"],
    images: Float[Tensor, "2 channel height width"],
    logits: Float[Tensor, "1 label"],
    recorded: Sequence[RecordedCall],
) -> tuple[ObservedCall, ...]:
    """The recorded calls with what the graph from `image` to `logits`, and the pass on both images, say of them."""
    weights = [record.call.weights for record in recorded]
    learned = learned_queries(image, weights)
    reached = reached_outputs(logits, [record.output for record in recorded])
    used = used_calls(model, images[:1], logits, reached)
    comparisons = compare_calls(model, images, [call_weights.shape for call_weights in weights])
    return tuple(
        ObservedCall(
            path=record.call.path,
            weights=record.call.weights,
            scored=record.call.scored,
            output=record.output,
            nodes_before=record.nodes_before,
            used=used[number],
            reached=reached[number],
            learned_queries=learned[number],
            batch_axis=comparisons[number].batch_axis,
            constant_keys=comparisons[number].constant_keys,
        )
        for number, record in enumerate(recorded)
    )


def _makes(logits: Logits, head: Head) -> bool:
    """Whether the logits are what this layer returned."""
    if not head.input.numel():
        return False
    with torch.no_grad():
        output = head.module(head.input)
    return output.numel() == logits.numel() and torch.allclose(output.flatten(), logits.flatten(), atol=1e-5)
