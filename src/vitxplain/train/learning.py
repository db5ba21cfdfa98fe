"""What of a training depends on its task: the classes, the data, the network and the objective."""

from dataclasses import fields
from typing import Final

from torch.nn.modules.batchnorm import _BatchNorm

from vitxplain.assessment.objects.average_precision import FIGURES
from vitxplain.data.derived.painted_maps import with_class_maps
from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError, OptionError
from vitxplain.models.mask_trial import takes_mask
from vitxplain.models.processors.task_words import TaskWords
from vitxplain.options.extras import check_installed
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig, relative_source
from vitxplain.train.config.task_names import CLASSES, OBJECTS, PIXELS
from vitxplain.train.loop.class_objective import ClassObjective
from vitxplain.train.loop.data_feed import balanced_class_weights
from vitxplain.train.loop.object_objective import ObjectObjective
from vitxplain.train.loop.object_texts import ObjectTexts
from vitxplain.train.loop.objective import Objective
from vitxplain.train.loop.pixel_objective import PixelObjective
from vitxplain.train.loop.trial_loss import check_loss
from vitxplain.train.network.dense import DenseTrainable
from vitxplain.train.network.listed_network import learns_masks
from vitxplain.train.network.open_dense import dense_trainable, ignored_number, true_form
from vitxplain.train.network.told_network import ToldNetwork
from vitxplain.train.network.trainable import Trainable, trainable

# Options that only a training on one class an image has.
OF_CLASSES: Final = ("cut_at", "class_weights", "label_smoothing")
MATCHING: Final = "a loss that matches what was found with what is there"


def labels_of(task: str, data: DataSet) -> tuple[str, ...]:
    """The classes that are learnt."""
    return {CLASSES: data.labels, OBJECTS: data.object_labels, PIXELS: data.map_labels}[task]


def data_for(task: str, data: DataSet) -> DataSet:
    """The data with all that the task learns from."""
    return with_class_maps(data) if task == PIXELS else data


def check_options(task: str, options: TrainOptions) -> None:
    """Raises:
    OptionError: one that the task does not have is set.
    UsageError: a package is missing that its loss or figures need.
    """
    if task == CLASSES:
        return
    if task == OBJECTS:
        check_installed(FIGURES, "pycocotools")
        check_installed(MATCHING, "scipy")
    usual = {field.name: field.default for field in fields(TrainOptions)}
    for name in OF_CLASSES:
        if getattr(options, name) != usual[name]:
            raise OptionError(f"{name} is for trainings on one class an image, not for {task}; leave it out.")


def check_data(task: str, training: DataSet, validation: DataSet) -> None:
    """Raises:
    DataError: too few classes, or other ones in the validation split.
    """
    labels, others = labels_of(task, training), labels_of(task, validation)
    if len(labels) < 2 and task != OBJECTS:
        learner = "classifier" if task == CLASSES else "segmenter"
        more = "add a folder of images" if task == CLASSES else "give a map of pixels"
        raise DataError(
            f"{training.name} has one class only, {', '.join(labels)}; a {learner} needs two: {more} that are "
            "something else."
        )
    if tuple(others) != tuple(labels):
        raise DataError(
            f"the classes of the validation split of {training.name}, {', '.join(others)}, are not those "
            f"of the train split, {', '.join(labels)}; give both the same."
        )


def network_for(config: RunConfig, labels: tuple[str, ...]) -> Trainable | DenseTrainable:
    """The network that learns these classes, for the task of the configuration."""
    options, model_options = config.options, dict(config.model_options)
    source, size = relative_source(config.model), model_options.pop("image_size", None)
    if config.task == CLASSES:
        return trainable(
            source,
            labels,
            mode=options.mode,
            cut_at=options.cut_at,
            image_size=size,
            options=model_options,
            seed=options.seed,
        )
    return dense_trainable(
        source, labels, config.task, mode=options.mode, options=model_options, seed=options.seed, image_size=size
    )


def objective_for(model: Trainable | DenseTrainable, training: DataSet, options: TrainOptions) -> Objective:
    """The batches, the loss and the figures of the network's task.

    Raises:
        UsageError: scipy is missing, by which the losses of masks are matched; or the model fails to tell its loss.
    """
    if not isinstance(model, DenseTrainable):
        weights = balanced_class_weights(training) if options.class_weights == "balanced" else None
        return ClassObjective(model.processor, weights, options.label_smoothing)
    objective = _dense_objective(model)
    check_loss(model.source, model.module, objective)
    return objective


def _dense_objective(model: DenseTrainable) -> Objective:
    network, labels = model.module.network, dict(enumerate(model.labels))
    in_pairs = any(isinstance(part, _BatchNorm) for part in network.modules())
    common = (model.processor, model.task, labels, takes_mask(network) or takes_mask(model.module), in_pairs)
    if model.task.name == OBJECTS:
        return ObjectObjective(*common, masked=model.masked, outlined=learns_masks(network))
    form, unlabelled = true_form(network, model.task), ignored_number(network, len(labels))
    if form != "map":
        check_installed(MATCHING, "scipy")
    texts = None
    if isinstance(model.module, ToldNetwork) and isinstance(words := model.module.inputs, TaskWords):
        texts = ObjectTexts.of(network.config, words, model.labels)
    return PixelObjective(*common, form=form, unlabelled=unlabelled, masked=model.masked, texts=texts)
