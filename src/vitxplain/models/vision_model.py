"""VisionModel: a module, how images become its input, and what the probe found it to be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vitxplain.grid import TokenGrid
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.probing.probe import Probe
    from vitxplain.models.processors.processor import Processor


@dataclass(frozen=True, eq=False)
class VisionModel:
    """Any image classifier behind one face. Frozen; what the probe finds is computed once a size and kept.

    `inputs` turns pixel_values into the module's keyword arguments where it does not simply take pixel_values first.
    `stated_grid` is the user's word on the token grid and goes before anything found.
    """

    module: nn.Module = field(repr=False)
    source: str
    processor: "Processor"
    labels: Mapping[int, str] = field(repr=False)
    task: str = "image-classification"
    revision: str | None = None
    inputs: Callable[[PixelValues], dict[str, Any]] | None = field(default=None, repr=False)
    multi_label: bool = False  # probabilities by sigmoid instead of softmax
    stated_grid: TokenGrid | None = None
    device: torch.device = torch.device("cpu")  # where inputs go
    dtype: torch.dtype = torch.float32
    _probes: dict[tuple[int, int], "Probe"] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        height, width = self.processor.input_size
        dtype = str(self.dtype).removeprefix("torch.")
        classes = f"{len(self.labels)} classes, " if self.labels else ""
        kind = type(self.module).__name__
        name = kind if self.source == kind else f"{self.source}: {kind}"
        return f"<VisionModel {name}, {classes}input {height} × {width} px, {self.device}, {dtype}>"

    def logits(self, pixel_values: PixelValues) -> Logits:
        """The raw scores, before softmax or sigmoid, (batch, label)."""
        return logits_of(self.output(pixel_values))

    def output(self, pixel_values: PixelValues) -> Any:
        """Whatever the module returns."""
        pixel_values = pixel_values.to(self.device, self.dtype)
        return self.module(**self.inputs(pixel_values)) if self.inputs else self.module(pixel_values)

    def probe(self, size: tuple[int, int] | None = None) -> "Probe":
        """What the model is at this input size (height, width); one observed pass, kept."""
        from vitxplain.models.plain_pass import whose_failure
        from vitxplain.models.probing.observe import noise
        from vitxplain.models.probing.probe import probe

        size = size or self.processor.input_size
        if size not in self._probes:
            with whose_failure(self, noise(self, size)):
                self._probes[size] = probe(self, size)
        return self._probes[size]

    @property
    def grid(self) -> TokenGrid | None:
        """The token grid at the processor's input size; None for a model without tokens."""
        return self.probe().grid

    @property
    def offers(self) -> frozenset[str]:
        """What methods can be built on: words of `vitxplain.models.offers`."""
        return self.probe().offers

    def probabilities(self, logits: Logits) -> Tensor:
        return logits.float().sigmoid() if self.multi_label else logits.float().softmax(-1)


def logits_of(output: Any) -> Logits:
    """The scores in whatever a classifier returns."""
    if isinstance(output, Tensor):
        return output
    if isinstance(output, Mapping):  # under another name (PP-LCNet's last_hidden_state) they come first
        return output["logits"] if "logits" in output else next(iter(output.values()))
    return output.logits if hasattr(output, "logits") else output[0]
