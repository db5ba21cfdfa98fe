"""Collector: hands every layer's record, as it runs forward or backward, to the methods that want it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor

from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import Weights
from vitxplain.errors import CaptureError, TargetError
from vitxplain.explainers.base import AttentionExplainer, DecoderExplainer, DecoderLayer, Explainer
from vitxplain.explainers.passes.expected_calls import check_all_ran, check_call, hidden
from vitxplain.explainers.passes.plugin_failure import plugin_errors
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_GRADIENTS, DECODER_GRADIENTS

Watching: TypeAlias = AttentionExplainer | DecoderExplainer


class Collector:
    """The watcher of a shared pass; equal methods are kept for once. `decoder` has the numbers of a decoder's calls."""

    def __init__(
        self, layouts: Sequence[AttentionLayout], explainers: Sequence[Watching], decoder: Sequence[int] = ()
    ) -> None:
        self._layouts = layouts
        self._decoder = frozenset(decoder)
        self._kept: dict[Watching, dict[int, Tensor]] = {explainer: {} for explainer in explainers}
        self._calls = 0  # no call is remembered: it would keep its layer's tensors alive

    @property
    def explainers(self) -> list[Watching]:
        return list(self._kept)

    @property
    def wants_gradients(self) -> bool:
        return any(map(_by_gradient, self._kept))

    @property
    def follows_decoder(self) -> bool:
        """Whether gradients are wanted of calls that are no chain."""
        return any(DECODER_GRADIENTS in explainer.needs for explainer in self._kept)

    def before(self, call: AttentionCall) -> bool:
        index = call.index
        check_call(self._layouts, call)
        self._calls = index + 1
        wanting = self._wanting(index, gradients=False)
        if len(wanting) > 1:
            call.weights.share()
        for explainer in wanting:
            self._keep(explainer, index, call.weights)
        return bool(self._wanting(index, gradients=True))

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None:
        raise hidden(path, how)

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None:
        for explainer in self._wanting(call.index, gradients=True):
            self._keep(explainer, call.index, gradients.weights, gradients)

    def forget_gradients(self) -> None:
        """Before the backward pass of another target: what methods kept of this one's is dropped."""
        for explainer, kept in self._kept.items():
            if _by_gradient(explainer):
                kept.clear()

    def combine(
        self, grid: TokenGrid | Sequence[TokenGrid], queries: Sequence[int | None] = (None,)
    ) -> dict[Explainer, Tensor]:
        """Each method's result; what was kept is in the order of the layers, whichever way they came.

        Of several grids each is that of one image, by the tokens that are read for its target; so are several queries.

        Raises:
            CaptureError: a layer the probe saw did not run, or no gradient reached it.
            TargetError: a method reads a query, and the target is of none.
        """
        if self._kept:
            check_all_ran(self._layouts, self._calls)
        for explainer, kept in self._kept.items():
            for index in range(len(self._layouts)):
                if self._wants(explainer, index) and index not in kept:
                    raise CaptureError(
                        f"no gradient of the logit reaches the attention of {self._layouts[index].path}."
                    )
        grids = [grid] if isinstance(grid, TokenGrid) else grid
        combined: dict[Explainer, Tensor] = {}
        for explainer, kept in self._kept.items():
            numbers = sorted(kept)
            layers = [kept[index] for index in numbers]
            with plugin_errors(explainer):
                if isinstance(explainer, AttentionExplainer):
                    combined[explainer] = _of_each(explainer.combine, layers, grids)
                else:
                    called = [self._layouts[index] for index in numbers]
                    combined[explainer] = _of_each(partial(_of_query, explainer, called), layers, queries)
        return combined

    def _keep(
        self, explainer: Watching, index: int, weights: Weights, gradients: WeightGradients | None = None
    ) -> None:
        number = sum(self._wants(explainer, earlier) for earlier in range(index))
        # The caller's autocast is for the model: weights are worked out in single precision.
        with torch.no_grad(), torch.autocast(weights.value.device.type, enabled=False):
            record = AttentionRecord(number, self._layouts[index], weights, gradients)
            with plugin_errors(explainer):
                self._kept[explainer][index] = explainer.keep(record)

    def _wanting(self, index: int, *, gradients: bool) -> list[Watching]:
        return [e for e in self._kept if _by_gradient(e) is gradients and self._wants(e, index)]

    def _wants(self, explainer: Watching, index: int) -> bool:
        layout = self._layouts[index]
        if isinstance(explainer, AttentionExplainer):
            return layout.kind in explainer.kinds and layout.has_places
        return index in self._decoder and explainer.wants(layout)


def _by_gradient(explainer: Watching) -> bool:
    return not explainer.needs.isdisjoint((ATTENTION_GRADIENTS, DECODER_GRADIENTS))


def _of_each(combine: Callable[[list[Tensor], Any], Tensor], layers: list[Tensor], read: Sequence[Any]) -> Tensor:
    """All images at once where the same is read of each, else one by one."""
    if len(set(read)) == 1:
        return combine(layers, read[0])
    of_images = zip(*(layer.split(1) for layer in layers), strict=True)
    return torch.cat([combine(list(own), of_image) for own, of_image in zip(of_images, read, strict=True)])


def _of_query(
    explainer: DecoderExplainer, layouts: Sequence[AttentionLayout], layers: list[Tensor], query: int | None
) -> Tensor:
    if query is None:
        raise TargetError(f"{type(explainer).__name__} follows a query of the decoder, and the target is of none.")
    return explainer.combine([DecoderLayer(*pair) for pair in zip(layouts, layers, strict=True)], query)
