"""VisionModel: a module, how images become its input, and what the probe found it to be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.models.mask_trial import heeds_mask, takes_mask
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.models.structure import likeness, structure
from vitxplain.tasks.base import LOGITS, Task, TaskOutputs
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues, TaskLogits

if TYPE_CHECKING:
    from vitxplain.models.probing.probe import Probe
    from vitxplain.models.processors.processor import Processor


@dataclass(frozen=True, eq=False)
class VisionModel:
    """Any vision model behind one face. Frozen; what the probe finds is computed once a size and kept.

    `task` says what its output means and how a target is read, `labels` are the names of its classes.
    `inputs` turns pixel_values into the module's keyword arguments where it does not simply take pixel_values first.
    `part` is the part of the input that images fill where the rest is padding, and the module is told so.
    `stated_grid` is the user's word on the token grid and goes before anything found. `is_stored` says that the module
    was opened by name and can be opened again: what is found of it is kept on disk. It pickles where the module and the
    processor do.
    """

    module: nn.Module = field(repr=False)
    source: str
    processor: "Processor"
    labels: Mapping[int, str] = field(repr=False)
    task: Task = field(default_factory=Classification)
    revision: str | None = None
    inputs: Callable[[PixelValues], dict[str, Any]] | None = field(default=None, repr=False)
    part: ImagePart | None = None
    stated_grid: TokenGrid | None = None
    device: torch.device = torch.device("cpu")  # where inputs go
    dtype: torch.dtype = torch.float32
    is_stored: bool = False
    _probes: dict[tuple[int, int], "Probe"] = field(default_factory=dict, repr=False)
    _heeding: dict[tuple[int, int], bool] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        height, width = self.processor.input_size
        dtype = str(self.dtype).removeprefix("torch.")
        classes = f"{len(self.labels)} classes, " if self.labels else ""
        kind = type(self.module).__name__
        name = kind if self.source == kind else f"{self.source}: {kind}"
        return f"<VisionModel {name}, {classes}input {height} × {width} px, {self.device}, {dtype}>"

    def changed(self, **fields: Any) -> "VisionModel":
        """The model with these fields replaced; what a probe found of the old ones is forgotten."""
        stored = self.is_stored and "module" not in fields
        return replace(self, **{"_probes": {}, "_heeding": {}, "is_stored": stored, **fields})

    def on_part(self, part: ImagePart | None) -> "VisionModel":
        """The model for inputs that images fill in part; itself where they fill all, or the module takes no mask."""
        return replace(self, part=part) if part is not None and takes_mask(self.module) else self

    def frame(self, geometry: Geometry) -> Geometry:
        """The box of an image that the boxes the model finds are shares of; `geometry` is that of the input.

        DETR (arXiv 2005.12872) counts positions on the image alone, without the padding it is told of.
        """
        if self.part is None or not self.task.finds_boxes:
            return geometry
        size = geometry.input_size
        if size not in self._heeding:
            self._heeding[size] = heeds_mask(self.module, self.processor.channels, size, self.inputs)
        return self.part.of(geometry) if self._heeding[size] else geometry

    def finding_from(self, min_score: float | None) -> "VisionModel":
        """The model for which objects or segments count as found from this score on; None: as it is.

        Raises:
            OptionError: it finds no things, or it is no score.
        """
        return self if min_score is None else replace(self, task=self.task.from_score(min_score))

    @property
    def probes(self) -> "Mapping[tuple[int, int], Probe]":
        """What was found of it so far, by input size."""
        return dict(self._probes)

    def knowing(self, probes: "Mapping[tuple[int, int], Probe]") -> "VisionModel":
        """With what was found of the same model when it was opened before; of another one it is found again."""
        alike, same = likeness(self.module), structure(self.module)
        kept = {size: replace(probe, structure=same) for size, probe in probes.items() if probe.likeness == alike}
        return self.changed(_probes=kept)

    def __getstate__(self) -> dict[str, Any]:
        """Pickled, for workers that are spawned, without what the probe found: it is found again where it is asked."""
        return {**self.__dict__, "_probes": {}}

    def outputs(self, pixel_values: PixelValues) -> TaskOutputs:
        """What the model says, as tensors by role (`Task.read`)."""
        return self.task.read(lambda: self.output(pixel_values))

    def logits(self, pixel_values: PixelValues) -> TaskLogits:
        """The raw class scores, before softmax or sigmoid; of a classifier (batch, label)."""
        return self.outputs(pixel_values)[LOGITS]

    def output(self, pixel_values: PixelValues) -> Any:
        """Whatever the module returns."""
        pixel_values = pixel_values.to(self.device, self.dtype)
        told = {} if self.part is None else {"pixel_mask": self.part.mask(pixel_values)}
        return self.module(**self.inputs(pixel_values), **told) if self.inputs else self.module(pixel_values, **told)

    def probe(
        self, size: tuple[int, int] | None = None, images: PixelValues | None = None, *, placed: bool = True
    ) -> "Probe":
        """What the model is at this input size (height, width); one observed pass, kept while its structure stays.

        `images` of the user's are looked at where what was tried before did not get through to the logits. Unless
        `placed`, how feature maps lie need not be looked at: for methods that ask for none (`probe_for`).
        """
        from vitxplain.models.stored_probes.finding import find_probe

        if self.part is not None:  # what the model is does not depend on what it is told of padding
            return replace(self, part=None).probe(size, images, placed=placed)
        size = size or self.processor.input_size
        kept = self._probes.get(size)
        if kept is not None and torch.compiler.is_compiling():  # within a trace nothing is probed
            return kept
        changed = kept is None or kept.structure != structure(self.module) or (placed and not kept.is_placed)
        if kept is None or changed or (images is not None and kept.silent):
            kept = find_probe(self, size, images, placed=placed)
            kept = replace(kept, structure=structure(self.module), likeness=likeness(self.module))
            self._probes[size] = kept
        return kept

    @property
    def grid(self) -> TokenGrid | None:
        """The token grid at the processor's input size; None for a model without tokens."""
        return self.probe().grid

    @property
    def offers(self) -> frozenset[str]:
        """What methods can be built on: words of `vitxplain.models.offers`."""
        return self.probe().offers

    def probabilities(self, logits: TaskLogits) -> Tensor:
        """Of each class, from its logits."""
        return self.task.probabilities({LOGITS: logits})[LOGITS]
