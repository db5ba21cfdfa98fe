"""EvaluationRequest: what is asked of one data set, from the command line to the scoring loop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from torch import nn

from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import UsageError
from vitxplain.evaluation.maps.open_maps import open_maps
from vitxplain.evaluation.maps.sharded_maps import ShardedMaps
from vitxplain.evaluation.maps.stored_maps import StoredMaps
from vitxplain.evaluation.plan.methods import ALL
from vitxplain.evaluation.plan.presets import Preset, default_runs, preset_of
from vitxplain.evaluation.regions.truth import TRUTHS, TruthLike
from vitxplain.explainers.passes.choose import MethodLike, check_names, several
from vitxplain.files.paths import user_path
from vitxplain.metrics.base import Metric
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_choice, check_count
from vitxplain.processes import join_processes

ModelLike: TypeAlias = "str | PathLike[str] | nn.Module | VisionModel"
Models: TypeAlias = "ModelLike | Sequence[ModelLike] | None"
Load: TypeAlias = Callable[[ModelLike], VisionModel]
Data: TypeAlias = "str | PathLike[str] | DataSet"
Metrics: TypeAlias = "str | Metric | Sequence[str | Metric] | None"
Validation: TypeAlias = "DataSet | Callable[[], DataSet] | None"


@dataclass(frozen=True, eq=False)
class EvaluationRequest:
    """What is asked of one data set: the fields are the arguments of `evaluate`, the properties what they stand for."""

    models: Models
    data: Data = field(repr=False)
    methods: MethodLike | Sequence[MethodLike] | None = None
    metrics: Metrics = None
    preset: str | None = None
    maps: str | PathLike[str] | StoredMaps | ShardedMaps | None = None
    split: Split = "test"
    limit: int | None = None
    out: str | PathLike[str] | None = None
    options: Mapping[str, Any] | None = None
    metric_options: Mapping[str, Any] | None = None
    data_options: Mapping[str, Any] | None = None
    validation: Validation = field(default=None, repr=False)
    strict: bool = False
    device: str = "auto"
    load: Load | None = field(default=None, repr=False)
    batch_size: int = 8
    overwrite: bool = False
    cost: bool = False
    truth: TruthLike | None = None
    min_score: float | None = None

    def check(self) -> None:
        """Find the errors that can be known before data and models are opened.

        Raises:
            UsageError: no such method, preset or folder of maps, no model, or what does not go together.
        """
        check_count("batch_size", self.batch_size)
        if self.truth is not None:
            check_choice("truth", self.truth, TRUTHS)
        if self.chosen_preset and self.metrics is not None:
            raise UsageError(f"the preset {self.preset} says which metrics there are; leave metrics out.")
        check_names([method for method in self.method_list if method != ALL])
        if self.stored_maps and (count := len(self.model_list)) > 1:
            raise UsageError(f"maps of one folder are about one model; name one of the {count} models, or none.")

    @cached_property
    def chosen_preset(self) -> Preset | None:
        """The preset of the name."""
        return preset_of(self.preset) if self.preset else None

    @cached_property
    def model_list(self) -> list[ModelLike]:
        """The models, one alone as a list; none where maps stand for themselves."""
        if self.models is None:
            if self.preset != "deepvisionxplain":
                raise UsageError("name at least one model.")
            (runs,) = default_runs([data_source(self.data)])
            return [*runs]
        return [self.models] if isinstance(self.models, (str, PathLike, nn.Module, VisionModel)) else list(self.models)

    @cached_property
    def method_list(self) -> list[MethodLike]:
        """The methods named, "auto" where none is and neither a preset nor maps say which."""
        maps_alone = not self.model_list and self.maps is not None
        if self.methods is None:
            return [] if self.preset or maps_alone else ["auto"]
        return [] if isinstance(self.methods, Sequence) and not self.methods else several(self.methods)

    @cached_property
    def stored_maps(self) -> StoredMaps | ShardedMaps | None:
        """Maps that were made before: shards of `explain_dataset`, or files of any tool."""
        if self.maps is None or isinstance(self.maps, StoredMaps | ShardedMaps):
            return self.maps
        return open_maps(self.maps)

    @cached_property
    def samples(self) -> DataSet:
        """The data, opened; a data set of the user's as it is."""
        if isinstance(self.data, DataSet):
            return self.data
        return load_data(self.data, self.split, limit=self.limit, strict=self.strict, options=self.data_options)

    @property
    def validation_source(self) -> Validation:
        """The images thresholds are chosen on, or what opens them."""
        if self.validation or isinstance(self.data, DataSet):
            return self.validation
        return partial(load_data, self.data, "validation", strict=self.strict, options=self.data_options)

    @property
    def folder(self) -> Path | None:
        """Where scores are written as they come; None: in memory only."""
        return None if self.out is None else user_path(self.out)

    def load_model(self, model: ModelLike) -> VisionModel:
        """A model, opened on the device of this process, that sees what the preset has it see."""
        opened = (self.load(model) if self.load is not None else self._open(model)).finding_from(self.min_score)
        return self.chosen_preset.model(opened) if self.chosen_preset else opened

    def _open(self, model: ModelLike) -> VisionModel:
        _, device = join_processes(self.device)
        return load_model(Path(model) if isinstance(model, PathLike) else model, device=device)


def data_source(data: Data) -> str:
    """The name of a data set, or where it comes from."""
    return data.name if isinstance(data, DataSet) else str(data)
