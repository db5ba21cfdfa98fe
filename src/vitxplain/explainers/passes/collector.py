"""Collector: hands every layer's record, as it runs forward or backward, to the methods that want it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import Weights
from vitxplain.errors import CaptureError
from vitxplain.explainers.base import AttentionExplainer, Explainer
from vitxplain.explainers.passes.plugin_failure import plugin_errors
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_GRADIENTS


class Collector:
    """The watcher of a shared pass; equal methods are kept for once."""

    def __init__(self, layouts: Sequence[AttentionLayout], explainers: Sequence[AttentionExplainer]) -> None:
        self._layouts = layouts
        self._kept: dict[AttentionExplainer, dict[int, Tensor]] = {explainer: {} for explainer in explainers}
        self._calls = 0  # no call is remembered: it would keep its layer's tensors alive

    @property
    def explainers(self) -> list[AttentionExplainer]:
        return list(self._kept)

    @property
    def wants_gradients(self) -> bool:
        return any(ATTENTION_GRADIENTS in explainer.needs for explainer in self._kept)

    def before(self, call: AttentionCall) -> bool:
        index = call.index
        if index >= len(self._layouts):
            raise CaptureError(f"{call.path or 'the model'} ran attention that did not run on the probe's image.")
        if self._layouts[index].path != call.path:
            raise CaptureError(f"attention ran in {call.path}, where the probe saw it in {self._layouts[index].path}.")
        self._calls = index + 1
        wanting = self._wanting(index, gradients=False)
        if len(wanting) > 1:
            call.weights.share()
        for explainer in wanting:
            self._keep(explainer, index, call.weights)
        return bool(self._wanting(index, gradients=True))

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None:
        raise CaptureError(f"{path or 'the model'} {how}; load it with attn_implementation='eager', or use grad-cam.")

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None:
        for explainer in self._wanting(call.index, gradients=True):
            self._keep(explainer, call.index, gradients.weights, gradients)

    def forget_gradients(self) -> None:
        """Before the backward pass of another target: what methods kept of this one's is dropped."""
        for explainer, kept in self._kept.items():
            if ATTENTION_GRADIENTS in explainer.needs:
                kept.clear()

    def combine(self, grid: TokenGrid | Sequence[TokenGrid]) -> dict[Explainer, Tensor]:
        """Each method's result; what was kept is in the order of the layers, whichever way they came.

        Of several grids each is that of one image, by the tokens that are read for its target.

        Raises:
            CaptureError: a layer the probe saw did not run, or no gradient reached it.
        """
        if self._kept and self._calls < len(self._layouts):
            path = self._layouts[self._calls].path or "the model itself"
            raise CaptureError(f"{self._calls} of {len(self._layouts)} attention calls ran; missing from {path} on.")
        for explainer, kept in self._kept.items():
            for index in range(len(self._layouts)):
                if self._wants(explainer, index) and index not in kept:
                    raise CaptureError(
                        f"no gradient of the logit reaches the attention of {self._layouts[index].path}."
                    )
        grids = [grid] if isinstance(grid, TokenGrid) else grid
        combined: dict[Explainer, Tensor] = {}
        for explainer, kept in self._kept.items():
            with plugin_errors(explainer):
                layers = [kept[index] for index in sorted(kept)]
                if len(set(grids)) == 1:
                    combined[explainer] = explainer.combine(layers, grids[0])
                else:
                    of_images = zip(*(layer.split(1) for layer in layers), strict=True)
                    maps = [explainer.combine(own, of_image) for own, of_image in zip(of_images, grids, strict=True)]
                    combined[explainer] = torch.cat(maps)
        return combined

    def _keep(
        self, explainer: AttentionExplainer, index: int, weights: Weights, gradients: WeightGradients | None = None
    ) -> None:
        number = sum(self._wants(explainer, earlier) for earlier in range(index))
        # The caller's autocast is for the model: weights are worked out in single precision.
        with torch.no_grad(), torch.autocast(weights.value.device.type, enabled=False):
            record = AttentionRecord(number, self._layouts[index], weights, gradients)
            with plugin_errors(explainer):
                self._kept[explainer][index] = explainer.keep(record)

    def _wanting(self, index: int, *, gradients: bool) -> list[AttentionExplainer]:
        return [e for e in self._kept if (ATTENTION_GRADIENTS in e.needs) is gradients and self._wants(e, index)]

    def _wants(self, explainer: AttentionExplainer, index: int) -> bool:
        return self._layouts[index].kind in explainer.kinds and self._layouts[index].has_places
