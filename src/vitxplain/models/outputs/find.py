"""with_outputs: a model that knows which of its outputs are the class scores and what they mean."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import ModelLoadError
from vitxplain.models.labels import names_of, numbered
from vitxplain.models.outputs.activations import check_activation_name, meaning
from vitxplain.models.outputs.choose import Chosen, choose
from vitxplain.models.outputs.trial import Trial, trial
from vitxplain.models.plain_pass import returned
from vitxplain.models.probing.observe import noise
from vitxplain.models.tasks import check_output, is_encoder_class, task_of_output
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification
from vitxplain.tasks.features import Features, gives_tokens
from vitxplain.tasks.leaves import leaf, leaves


def with_outputs(
    model: VisionModel,
    *,
    output: str | int = "auto",
    activation: str = "auto",
    classes: int | None = None,
    resized: bool = False,
    by_loss: str = "auto",
) -> VisionModel:
    """The model with a task that reads its class scores, and numbered classes where it has no name for each.

    Runs the model once on a grey image. `classes` is their number where the user says it; `resized`: the input size is
    not the model's own; `by_loss`: the activation where neither the user nor the model says one.

    Raises:
        ModelLoadError: the module fails, returns no class scores, or several outputs that can be them.
        UsageError: the output or activation stated cannot be.
    """
    check_activation_name(activation)
    tried = trial(model, resized=resized)
    count = classes or _declared(model.module)
    if output == activation == "auto" and (task := task_of_output(model, tried.raw, count)) is not None:
        return replace(model.changed(task=task), labels=_names(model.labels, task.num_labels(task.outputs(tried.raw))))
    check_output(model.source, model.module, tried.raw)
    if output == activation == "auto" and (gives_tokens(tried.raw) or _is_encoder(model, tried)):
        check_repeatable(model)
        return model.changed(task=Features(), labels={})
    chosen = choose(model, tried, str(output), count)
    _check_numbers(model, tried, chosen)
    is_row = chosen.scores.dim() == 2 and len(chosen.scores) == 1
    if not is_row:
        _check_rows(model, tried, chosen)
    meant = meaning(model, tried, chosen, activation, by_loss)
    count = chosen.scores.numel()
    task = Classification(
        multi_label=meant.activation == "sigmoid",
        values=meant.activation == "none",
        output=chosen.path,
        ends_in=meant.ends_in,
        classes=None if is_row else count,
    )
    return replace(model.changed(task=task), labels=_names(model.labels, count))


def _names(labels: Mapping[int, str], count: int) -> Mapping[int, str]:
    return names_of(labels, count) or numbered(count)


def _is_encoder(model: VisionModel, tried: Trial) -> bool:
    """Whether the library calls it an encoder, whatever it returns beside its tokens."""
    return is_encoder_class(model.module) and "last_hidden_state" in tried.outputs


def check_repeatable(model: VisionModel) -> None:
    """Raises:
    ModelLoadError: an encoder draws random numbers and gives other features of the same image each time, as those do
        that hide patches: no place on the image belongs to their tokens.
    """
    size = model.processor.input_size
    with undisturbed(model.module):  # which puts the generators back after both passes, not between them
        state = torch.get_rng_state()
        first = leaves(returned(model, noise(model, size)[:1]))
        if torch.equal(state, torch.get_rng_state()):
            return
        second = leaves(returned(model, noise(model, size)[:1]))
    if not all(torch.equal(first[path], second[path]) for path in first.keys() & second.keys()):
        raise ModelLoadError(
            f"{model.source} gives other features of the same image each time (it draws random numbers, perhaps to "
            "hide patches), so its tokens have no place on the image; have it hide none: of ViTMAEModel, "
            "model.config.mask_ratio = 0."
        )


def _declared(module: nn.Module) -> int | None:
    """How many classes a module says it has, as timm's and many others do."""
    count = getattr(module, "num_classes", None)
    return count if isinstance(count, int) and count > 0 else None


def _check_numbers(model: VisionModel, tried: Trial, chosen: Chosen) -> None:
    """Raises:
    ModelLoadError: the scores are NaN or infinite, of a grey image and of noise.
    """
    if chosen.scores.isfinite().all():
        return
    noisy = leaf(returned(model, noise(model, _size(tried.pixels))[:1]), chosen.path)
    if not noisy.isfinite().all():
        dtype = str(model.dtype).removeprefix("torch.")
        raise ModelLoadError(
            f"{model.source} returns numbers that are not finite (NaN or infinity) for any image in {dtype}; look "
            "where they arise: a division by zero, a logarithm of zero, a diverged training, too narrow a format."
        )


def _check_rows(model: VisionModel, tried: Trial, chosen: Chosen) -> None:
    """Where the scores are not (batch, label), two images must give those of the first and others.

    Raises:
        ModelLoadError: they do not, so the numbers are not one row an image.
    """
    images = torch.cat([tried.pixels.to(model.device, model.dtype), noise(model, _size(tried.pixels))[:1]])
    both = leaf(returned(model, images), chosen.path)
    count = chosen.scores.numel()
    first = both.detach().flatten()[:count].float()
    alone = chosen.scores.detach().flatten().float()
    if both.numel() == 2 * count and torch.allclose(first, alone, rtol=1e-2, atol=1e-3 * float(alone.abs().max())):
        return
    raise ModelLoadError(
        f"{model.source} returns {chosen.path or 'a tensor'} of shape {tuple(chosen.scores.shape)} for one image and "
        f"{tuple(both.shape)} for two, not logits (batch, classes), one row an image."
    )


def _size(pixels: Tensor) -> tuple[int, int]:
    return pixels.shape[-2], pixels.shape[-1]
