"""Probe: what a model is, found by watching it run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout, sequence_grids
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.capture.saved_apart import check_saved, is_written_over, saved_apart
from vitxplain.errors import reason
from vitxplain.grid import TokenGrid
from vitxplain.models import offers
from vitxplain.models.probing.attention_layouts import attention_layouts
from vitxplain.models.probing.cam.cam_layer import cam_layers, map_shape, same_output
from vitxplain.models.probing.cam.feature_layer import feature_layer, layer_grid
from vitxplain.models.probing.cam.linear_head import LinearHead, linear_head
from vitxplain.models.probing.cam.products import products_cancel
from vitxplain.models.probing.dependence import steps_before
from vitxplain.models.probing.integer_layers import without_gradient
from vitxplain.models.probing.loud_images import is_silent, louder, two_of
from vitxplain.models.probing.missing import asks_one_grid, missing_attention, mixing
from vitxplain.models.probing.observation import Observation
from vitxplain.models.probing.observe import noise, observe
from vitxplain.models.probing.placement import PLACED, is_misplaced
from vitxplain.models.probing.position_tables import PositionTable, find_table, missing_table
from vitxplain.models.probing.sides.decoders import Decoder, find_decoder, missing_decoder
from vitxplain.models.probing.sides.token_sides import with_sides, without_places
from vitxplain.models.probing.token_grids import (
    model_grid,
    with_class_token,
    with_readout,
    with_readout_by_trial,
    with_registers,
    without_head,
)
from vitxplain.models.probing.token_order import Orders, sequence_orders, unordered
from vitxplain.models.probing.windows import place_windows
from vitxplain.models.views.image_calls import ImageCall
from vitxplain.models.views.view import View
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.features import Features
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.parallel.passes import Passes
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class Probe:
    """What one model is at one input size.

    `missing` says, for every word of `vitxplain.models.offers` that is not offered, why, as a clause that completes
    "METHOD does not fit: ...".
    """

    maps: ImageMaps  # which tensors are maps of the image, at this input size
    grid: TokenGrid | None  # of the token attention, with its readout tokens
    layouts: tuple[AttentionLayout, ...]
    offers: frozenset[str]
    missing: Mapping[str, str]
    isotropic: bool  # every layer asks the same patches: a plain ViT
    is_placed: bool = True  # whether it was looked at how feature maps lie; if not, none is offered
    silent: bool = False  # none of the images it was watched on got through to its last layer
    num_labels: int = 0  # classes that its output is about
    decoder: Decoder | None = None  # whose queries are asked for objects or segments
    image_calls: tuple[ImageCall, ...] = ()  # its modules that take the image
    view: View | None = None  # the image as it lies in the network, where maps have to be put back
    passes: "Passes | None" = None  # networks that run side by side, each with a probe of its own
    cam_layer: str | None = None
    cam_branches: tuple[str, ...] = ()  # layers beside that one, of branches or levels, which the logits read as well
    cam_names: frozenset[str] = frozenset()  # every node that returns that layer's output
    cam_grid: tuple[int, int] | None = None  # (rows, columns) of that layer's map
    head_weight: LinearHead | None = None
    feature_layer: str | None = None  # the last layer in patch layout: one vector a patch
    feature_grid: TokenGrid | None = None  # of that layer
    stream_layer: str | None = None  # the same before it is normalised
    writes_over: bool = False  # it writes in place into tensors that its gradient needs
    position_embeddings: PositionTable | None = None
    structure: int | None = None  # of the module that was probed
    likeness: int | None = None  # of that module and of each that is the same model opened again

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.maps.input_size


@torch.inference_mode(False)  # the caller may be in it; a graph is wanted here
def probe(
    model: "VisionModel", size: tuple[int, int], images: PixelValues | None = None, *, placed: bool = True
) -> Probe:
    """Watch the model on noise, once with a graph and once on two images, and say what it is.

    Where noise does not get through to the logits louder images are tried, and last the user's own `images`.
    Unless `placed`, how the feature maps of a plain ViT lie is not looked at, which methods of attention need not know:
    it takes as long as everything else.
    """
    first = _on_images(model, size, None, placed)
    if not first.silent:
        return first
    tries = [*louder(noise(model, size)), *([] if images is None else [two_of(images.to(model.device, model.dtype))])]
    others = (_on_images(model, size, pair, placed) for pair in tries)
    return next((other for other in others if not other.silent), first)


def _on_images(model: "VisionModel", size: tuple[int, int], images: PixelValues | None, placed: bool) -> Probe:
    try:
        observation = observe(model, size, images=images)
        obstacle = without_gradient(observation.logits, model.module)
        if obstacle is not None:
            return _probe(model, observe(model, size, graph=False, images=images), placed, obstacle)
        return _probe(model, observation, placed)
    except RuntimeError as error:
        if is_written_over(error):
            with saved_apart():
                return replace(_probe(model, observe(model, size, images=images), placed), writes_over=True)
        # Some kernel has no derivative; whatever else is wrong shows again.
        observation = observe(model, size, graph=False, images=images)
        return _probe(model, observation, placed, f"no gradient passes through it: {reason(error)}")


def _probe(model: "VisionModel", observation: Observation, placed: bool, obstacle: str | None = None) -> Probe:
    with torch.enable_grad(), torch.autocast(model.device.type, enabled=False):
        score, predicts = _score(observation), not isinstance(model.task, Features)
        of_targets = score + sum(map(_mixed, observation.beside_logits))
        orders = sequence_orders(observation)
        layouts = attention_layouts(observation, model.module, model.stated_grid, orders)
        layouts = with_sides(observation, place_windows(observation, layouts, orders))
        maps = _image_maps(observation, layouts, orders)
        mixed = mixing(observation, layouts)
        isotropic = mixed is None and observation.hidden is None and asks_one_grid(layouts)
        by_gradient = score.requires_grad or not predicts
        layouts = (
            with_readout(observation, layouts, score)
            if by_gradient
            else with_readout_by_trial(model, observation, layouts)
        )
        layouts = with_registers(with_class_token(observation, layouts, model.module), model.module)
        layouts = layouts if predicts else without_head(layouts)
        layers = (
            cam_layers(observation, of_targets, layouts, maps, model.module, levels=model.task.finds)
            if score.requires_grad
            else ()
        )
        layer = layers[0] if layers else None
        of_features, stream = (
            None
            if model.task.finds
            else feature_layer(observation, layouts, maps, model.module, predicts=predicts, normed=normed)
            for normed in (True, False)
        )
        silent = is_silent(observation, score, layer)
        cancel = layer is not None and products_cancel(observation, of_targets, layer, maps)
        check_saved(steps_before(of_targets.grad_fn))  # the gradients above went no further back than they had to
        is_placed = placed or not isotropic or model.task.finds
        misplaced = is_placed and layer is not None and is_misplaced(observation, layer, maps)
    grids = [layout.grid for layout in layouts if layout.kind == "token" and layout.grid is not None]
    grid = model_grid(layouts) or model.stated_grid
    head = linear_head(observation, layer, maps)
    table = find_table(model.module, grids[-1] if grids else None)
    reading = find_decoder(observation, layouts)
    missing = missing_attention(observation, layouts, isotropic, mixed) | missing_decoder(observation, layouts, reading)
    if not predicts:
        missing[offers.CLASSES] = "it gives features and has no classifier, so there is no class to explain"
    if not model.task.finds:
        missing[offers.OBJECTS] = "it finds no objects or segments in an image"
    if obstacle is not None:
        missing[offers.GRADIENTS] = obstacle
        missing[offers.ATTENTION_GRADIENTS] = missing.get(offers.ATTENTIONS, obstacle)
        missing[offers.DECODER_GRADIENTS] = missing.get(offers.DECODER_QUERIES, obstacle)
    if table is None:
        missing[offers.POSITION_EMBEDDINGS] = missing_table(model.module, offers.ATTENTION_MAPS not in missing)
    if layer is None:
        missing[offers.FEATURE_MAP] = obstacle or "no layer with a map of at least 2 x 2 places reaches the logits"
    if of_features is None:
        missing[offers.PATCH_FEATURES] = (
            "it finds objects or segments, and which of its layers holds the features of a place is not settled"
            if model.task.finds
            else "no layer with a vector for each of at least 2 x 2 places leads to what it gives"
        )
    if unordered(orders) and not observation.image_calls:  # of convolutions and the like the views say how they look
        own_order = "its own code cuts the image into tokens that lie in an order of their own, such as mirrored"
        concerned = [offers.ATTENTIONS, offers.ATTENTION_GRADIENTS, *([offers.FEATURE_MAP] if layer is None else [])]
        missing |= {word: own_order for word in concerned if word in missing and obstacle is None}
    if layer is None or cancel:
        missing[offers.GRADIENT_PRODUCTS] = missing.get(offers.FEATURE_MAP) or (
            f"what {layer} returns is normalised next, so gradient times activation is zero at every place; "
            "use grad-cam"
        )
    if head is None:
        no_head = "it does not end in global average pooling and one linear layer; use grad-cam"
        missing[offers.LINEAR_HEAD] = obstacle or no_head
    if misplaced:
        moved = f"what {layer} returns lies otherwise than the image: mirrored, turned, rolled or cut before it"
        missing |= dict.fromkeys(PLACED, moved)
    if not is_placed:
        missing |= dict.fromkeys(PLACED, "whether its feature maps lie as the image does was not looked at")
    words = offers.WORDS.keys()
    return Probe(
        maps=maps,
        grid=grid,
        layouts=tuple(layouts),
        offers=frozenset(words - missing.keys()),
        missing=missing,
        isotropic=isotropic,
        is_placed=is_placed,
        silent=silent,
        decoder=reading,
        num_labels=model.task.num_labels({LOGITS: observation.logits}),
        image_calls=tuple(replace(call, outputs=()) for call in observation.image_calls),
        cam_layer=layer,
        cam_branches=layers[1:],
        cam_names=same_output(observation, layer),
        cam_grid=map_shape(observation, layer, maps) if layer is not None else None,
        head_weight=head,
        feature_layer=of_features,
        stream_layer=stream,
        feature_grid=layer_grid(observation, of_features, maps, grid),
        position_embeddings=table,
    )


def _image_maps(observation: Observation, layouts: Sequence[AttentionLayout], orders: Orders) -> ImageMaps:
    """What convolutions say of maps, and now attention: sequences in an order of their own are none, nor are latents.

    Latents are learned queries that ask the image and go on as tokens of their own.
    """
    grids = sequence_grids(layouts)
    latents = {layout.num_queries for layout in layouts if layout.kind == "cross"} | without_places(
        observation, layouts
    )
    other_lengths = unordered(orders) | (latents - {grid.num_tokens for grid in grids})
    return replace(observation.maps, grids=tuple(grids), other_lengths=other_lengths)


def _score(observation: Observation) -> Tensor:
    """A number that depends on whatever the logits are computed from, even where the head is still all zero."""
    return _mixed(observation.head.input if observation.head is not None else observation.logits)


def _mixed(source: Tensor) -> Tensor:
    mixing = torch.randn(source.shape, generator=torch.Generator().manual_seed(1)).to(source)
    return (source * mixing).sum()
