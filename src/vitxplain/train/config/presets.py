"""Presets for finding faults: each changes the data and what options were left at their defaults."""

from dataclasses import dataclass, fields, replace

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.subset import spread
from vitxplain.train.config.options import TrainOptions

OVERFIT = 200  # images
# What cannot be learnt by heart while it changes, or is held back, is switched off.
BY_HEART = TrainOptions(warmup=0.0, scheduler="constant", weight_decay=0.0)
CHANGES = {
    "one-batch": replace(BY_HEART, steps=100, eval_every=20, log_every=10),
    "overfit": replace(BY_HEART, steps=800, eval_every=100, log_every=50),
    "percent": TrainOptions(steps=20, eval_every=10, log_every=5),
}
TRAINING_IMAGES = "the training images themselves"


def validates_on_training_images(options: TrainOptions) -> bool:
    """Whether what is validated on is what was trained on."""
    return options.preset in ("one-batch", "overfit")


@dataclass(frozen=True, eq=False)
class Fixed(DataSet):
    """The same samples in every epoch."""

    data: DataSet
    name: str
    split: Split
    labels: tuple[str, ...]
    has_masks: bool = False

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        return self.data[index]


def preset(options: TrainOptions, training: DataSet, validation: DataSet) -> tuple[TrainOptions, DataSet, DataSet]:
    """Options and data as the preset wants them."""
    if options.preset == "none":
        return options, training, validation
    changed, usual = CHANGES[options.preset], TrainOptions()
    named = {one.name: getattr(options, one.name) for one in fields(TrainOptions)}
    unset = {name for name, value in named.items() if value == getattr(usual, name)}
    if options.epochs is not None:
        unset.discard("steps")
    options = replace(options, **{name: getattr(changed, name) for name in unset})
    if options.preset == "percent":
        return options, _some(training, len(training) // 100), _some(validation, len(validation) // 100)
    count = options.batch_size if options.preset == "one-batch" else OVERFIT
    part = _some(training, count)
    fixed = Fixed(part, part.name, part.split, part.labels, part.has_masks)
    return replace(options, augment="none", label_smoothing=0.0), fixed, fixed


def _some(data: DataSet, count: int) -> DataSet:
    """So many of the samples, of every class where they are sorted by class."""
    return spread(data, max(2, min(count, len(data))))
