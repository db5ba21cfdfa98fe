"""observe: runs two watched passes of a model and returns what they show, for the probe to conclude from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.capture.sound_graph import SoundBatchNorm
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.errors import ModelLoadError
from vitxplain.models.batch_rows import check_rows
from vitxplain.models.probing.dependence import calls_before, learned_queries, reached_outputs, used_calls
from vitxplain.models.probing.observation import Head, Observation, ObservedCall
from vitxplain.models.probing.recording import PassRecorder, RecordedCall
from vitxplain.models.probing.sides.hearing import hearing
from vitxplain.models.views.image_calls import CallRecorder, ImageCall
from vitxplain.tasks.activation_inputs import ActivationCall, ActivationInputs, Ending
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues, TaskLogits

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


def noise(model: "VisionModel", size: tuple[int, int]) -> PixelValues:
    """Two fixed noise images in the number of channels that images become; no layer is asked, which may be no stem."""
    images = torch.randn(2, model.processor.channels, *size, generator=torch.Generator().manual_seed(0))
    return images.to(model.device, model.dtype)


def observe(
    model: "VisionModel", size: tuple[int, int], *, graph: bool = True, images: PixelValues | None = None
) -> Observation:
    """Watch one pass, with a graph unless told otherwise, and one on two images; the model is left as found.

    `images` are two of this size; None takes noise.
    """
    images = noise(model, size) if images is None else images
    recorder, call_recorder, activations = PassRecorder(), CallRecorder(), ActivationInputs()
    with undisturbed(model.module):
        with (
            torch.set_grad_enabled(graph),
            recorder.on_modules(model.module),
            call_recorder.on_modules(model.module),
            SoundBatchNorm(),
            activations,
            AttentionTap(model.module, recorder),
        ):
            image = images[:1].detach().requires_grad_(graph)
            outputs = model.outputs(image)
        logits = outputs[LOGITS]
        _check_ending(model, activations.behind(logits))
        calls = _observed_calls(model, image, images, logits, recorder.calls)
    with torch.enable_grad():
        image_calls = call_recorder.image_calls(image)
    image_calls = tuple(replace(call, ends_in=_ending(activations, call)) for call in image_calls)
    if len(image_calls) > 1 and logits.requires_grad:
        reached = reached_outputs(logits, [call.outputs[0] if call.outputs else image for call in image_calls])
        image_calls = tuple(replace(call, reached=is_in) for call, is_in in zip(image_calls, reached, strict=True))
    head = recorder.last_linear
    return Observation(
        image=image,
        logits=logits,
        maps=ImageMaps(size, tuple(recorder.map_sizes)),
        calls=calls,
        nodes=recorder.nodes,
        outputs=recorder.outputs,
        convolutions=tuple(recorder.convolutions),
        head=head if head is not None and _makes(logits, head) else None,
        hidden=recorder.hidden,
        silence=recorder.silence,
        text_lengths=frozenset(recorder.text_lengths),
        beside_logits=tuple(outputs[role] for role in model.task.beside_logits),
        image_calls=image_calls,
        last_shapes=recorder.last_shapes,
    )


def _observed_calls(
    model: "VisionModel",
    image: Float[Tensor, "1 channel height width"],
    images: Float[Tensor, "2 channel height width"],
    logits: Float[Tensor, "1 ..."],
    recorded: Sequence[RecordedCall],
) -> tuple[ObservedCall, ...]:
    """The recorded calls with what the graph from `image` to `logits`, and the pass on both images, say of them."""
    weights = [record.call.weights for record in recorded]
    learned = learned_queries(image, weights)
    reached = reached_outputs(logits, [record.output for record in recorded])
    before = calls_before([record.output for record in recorded])
    used = used_calls(model, images[:1], logits, reached)
    state = torch.get_rng_state()
    brighter_first = torch.cat([2 * images[1:] + 1, images[:1]])  # other statistics show what is taken of a batch
    comparisons, of_both = compare_calls(model, brighter_first, [one.shape for one in weights])
    check_rows(model, brighter_first, logits, of_both, repeatable=torch.equal(state, torch.get_rng_state()))
    hear = hearing(image, recorded, [all(comparison.constant_keys or [False]) for comparison in comparisons])
    return tuple(
        ObservedCall(
            path=record.call.path,
            weights=record.call.weights,
            scored=record.call.scored,
            output=record.output,
            step=record.step,
            nodes_before=record.nodes_before,
            used=used[number],
            reached=reached[number],
            learned_queries=learned[number],
            queries_hear=hear[number].queries,
            keys_hear=hear[number].keys,
            keys_picked=hear[number].picked,
            before=before[number],
            batch_axis=comparisons[number].batch_axis,
            constant_keys=comparisons[number].constant_keys,
        )
        for number, record in enumerate(recorded)
    )


def _ending(activations: ActivationInputs, call: ImageCall) -> Ending | None:
    """The activation a network within ends in."""
    behind = activations.behind(call.outputs[0]) if len(call.outputs) == 1 else None
    return None if behind is None else behind.ending


def _check_ending(model: "VisionModel", call: ActivationCall | None) -> None:
    """Raises:
    ModelLoadError: the model ends in a softmax or sigmoid that was not there, or not known, when it was loaded.
    """
    if call is not None and type(model.task) is Classification and model.task.ends_in is None:  # others take all
        name = "sigmoid" if call.ending == "sigmoid" else "softmax"
        raise ModelLoadError(
            f"{model.source} ends in a {name}, which was not so or not known when it was loaded; load it again, with "
            f"activation={name!r}, so that it is not applied twice."
        )


def _makes(logits: TaskLogits, head: Head) -> bool:
    """Whether the logits are what this layer returned."""
    if not head.input.numel():
        return False
    with torch.no_grad():
        output = head.module(head.input)
    return output.numel() == logits.numel() and torch.allclose(output.flatten().to(logits), logits.flatten(), atol=1e-5)


@dataclass(frozen=True)
class CallComparison:
    """One attention call on two images beside itself on one."""

    batch_axis: int | None = None  # the axis of its weights that doubled
    constant_keys: tuple[bool, ...] | None = None  # per key: the same value for both images


def compare_calls(
    model: "VisionModel", images: PixelValues, shapes: Sequence[tuple[int, ...]]
) -> tuple[list[CallComparison], Tensor]:
    """Run the model on two images; `shapes` are those its attention calls have on one of them, in order.

    The logits of both are beside what is found of the calls.

    Keys are compared where their number first appears: later every one of them depends on the image.
    """
    watcher = _Comparing(shapes)
    with AttentionTap(model.module, watcher):
        logits = model.logits(images)
    return watcher.comparisons + [CallComparison()] * (len(shapes) - len(watcher.comparisons)), logits


@dataclass(eq=False)
class _Comparing:
    """The watcher of the pass on two images."""

    shapes: Sequence[tuple[int, ...]]
    comparisons: list[CallComparison] = field(default_factory=list)
    key_counts: set[int] = field(default_factory=set)

    def before(self, call: AttentionCall) -> bool:
        if len(self.comparisons) < len(self.shapes):
            self.comparisons.append(self._compare(self.shapes[len(self.comparisons)], call))
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...

    def _compare(self, shape: tuple[int, ...], call: AttentionCall) -> CallComparison:
        doubled = [axis for axis, (a, b) in enumerate(zip(shape, call.weights.shape, strict=True)) if b == 2 * a]
        if not doubled:
            return CallComparison()
        axis, value = doubled[0], call.weights.value
        if shape[axis] != 1 or value.dim() != len(shape) or value.shape[axis] != 2:
            return CallComparison(axis)
        if value.shape[-2] in self.key_counts:
            return CallComparison(axis)
        self.key_counts.add(value.shape[-2])
        first, second = value.unbind(axis)
        change = (first - second).abs().movedim(-2, 0).flatten(1).amax(1)
        return CallComparison(axis, tuple((change <= 1e-5 * first.abs().amax()).tolist()))
