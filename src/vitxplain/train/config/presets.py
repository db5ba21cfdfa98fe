"""Presets for finding faults: each changes the data, and options that are left at their defaults."""

from dataclasses import dataclass, fields, replace

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.subset import spread
from vitxplain.train.config.options import TrainOptions

OVERFIT_IMAGES = 200
# Nothing that changes between epochs or holds the weights back: the images are to be memorised.
MEMORISE = TrainOptions(warmup=0.0, scheduler="constant", weight_decay=0.0)
PRESET_OPTIONS = {
    "one-batch": replace(MEMORISE, steps=100, eval_every=20, log_every=10),
    "overfit": replace(MEMORISE, steps=800, eval_every=100, log_every=50),
    "percent": TrainOptions(steps=20, eval_every=10, log_every=5),
}
TRAINING_IMAGES = "the training images themselves"


def validates_on_training_images(options: TrainOptions) -> bool:
    """Whether the validation is on the images that are trained on."""
    return options.preset in ("one-batch", "overfit")


@dataclass(frozen=True, eq=False)
class FixedData(DataSet):
    """The same samples in every epoch."""

    data: DataSet
    name: str
    split: Split
    labels: tuple[str, ...]
    has_masks: bool = False
    object_labels: tuple[str, ...] = ()
    map_labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        return self.data[index]


def apply_preset(
    options: TrainOptions, training: DataSet, validation: DataSet
) -> tuple[TrainOptions, DataSet, DataSet]:
    """Options, training and validation data, changed by the preset of the options."""
    if options.preset == "none":
        return options, training, validation
    preset, usual = PRESET_OPTIONS[options.preset], TrainOptions()
    names = [option.name for option in fields(TrainOptions)]
    unset = {name for name in names if getattr(options, name) == getattr(usual, name)}
    if options.epochs is not None:
        unset.discard("steps")
    options = replace(options, **{name: getattr(preset, name) for name in unset})
    if options.preset == "percent":
        return options, _part(training, len(training) // 100), _part(validation, len(validation) // 100)
    count = options.batch_size if options.preset == "one-batch" else OVERFIT_IMAGES
    part = _part(training, count)
    fixed = FixedData(part, part.name, part.split, part.labels, part.has_masks, part.object_labels, part.map_labels)
    return replace(options, augment="none", label_smoothing=0.0), fixed, fixed


def _part(data: DataSet, count: int) -> DataSet:
    """A part of the data of `count` samples at most, at least two, of every class where they are sorted by class."""
    return spread(data, max(2, min(count, len(data))))
