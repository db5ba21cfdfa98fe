"""The layer of features: the last in patch layout on the way to what the model gives."""

from collections.abc import Sequence

from torch import nn

from vitxplain.capture.layout import AttentionLayout, Latents
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.cam.attention_parts import attention_parts
from vitxplain.models.probing.cam.cam_layer import is_class_scores, node_name
from vitxplain.models.probing.dependence import start_of, steps_after, steps_before
from vitxplain.models.probing.observation import Observation


def feature_layer(
    observation: Observation,
    layouts: Sequence[AttentionLayout],
    maps: ImageMaps,
    module: nn.Module,
    *,
    predicts: bool,
    normed: bool = True,
) -> str | None:
    """The dotted name of the layer, or None: of a ViT its last norm, of a CNN its last stage.

    The output need not be read from all its places: a class token behind the last norm leaves the patches beside it as
    good as they are. Where the model `predicts` classes, a map of their scores is passed over; unless `normed`, so is
    what a normalisation returns. Where latents go on from the image, as in Perceiver, features have no place.
    """
    if any(isinstance(layout.query_tokens, Latents) for layout in layouts):
        return None
    inside = attention_parts(layouts)
    on_the_way = steps_before(observation.logits.grad_fn)
    of_image = steps_after(start_of(observation.image)) if observation.image.requires_grad else None
    for output in reversed(observation.outputs):
        name = node_name(output, inside, module)
        if name is None or output.shape[0] != 1 or maps.layout(output.shape) is None:
            continue
        if observation.last_shapes.get(name, output.shape) != output.shape:  # it runs again, on what was pooled (BLIP)
            continue
        if predicts and is_class_scores(output, observation):
            continue
        if not normed and "Norm" in type(module.get_submodule(output.returned_by[0])).__name__:
            continue
        step = None if output.edge is None else output.edge.node
        if of_image is None or (step in on_the_way and of_image(step)):
            return name
    return None


def layer_grid(
    observation: Observation, layer: str | None, maps: ImageMaps, attention: TokenGrid | None
) -> TokenGrid | None:
    """Which of the layer's tokens, or places, are patches; `attention` is the grid of the model's attention."""
    outputs = [output for output in observation.outputs if layer in output.returned_by]
    layout = maps.layout(outputs[-1].shape) if outputs else None
    if layout is None:
        return None
    return layout.grid(layout.to_tokens(outputs[-1].tensor).shape[1], maps.input_size, attention)
