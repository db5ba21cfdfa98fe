"""TrainOptions: how to train, apart from model and data; each field is an `-o key=value`."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from vitxplain.errors import OptionError

Augmentation: TypeAlias = Literal["none", "flip", "crop", "light", "strong"]
Preset: TypeAlias = Literal["none", "one-batch", "overfit", "percent"]


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How to train. None means: worked out when training starts, and written into the run's config.yaml.

    Args:
        mode: what learns: the whole network, a new last layer alone, or low-rank adapters (LoRA) and a new last layer.
        cut_at: for CNNs: end the network at this layer, with global average pooling and one linear layer.
        epochs: passes through the data. None: 30 from scratch, else 3; more where that makes few steps, 200 at most.
        steps: stop after so many steps instead.
        batch_size: images a step, for each process.
        eval_batch_size: images at once when evaluating; None: the batch size.
        accumulate: batches whose gradients are added up for one step.
        learning_rate: at its highest. None: 1e-3 from scratch, for a new last layer and for LoRA; else 5e-5.
        warmup: the rate rises over so many steps, or over this share of all (below 1).
        scheduler: how it falls afterwards; plateau: to a tenth whenever `patience` evaluations brought nothing better.
        patience: of the plateau scheduler, in evaluations.
        weight_decay: pull towards zero, on weights, not on biases and norms.
        clip: longest gradient (L2 norm); 0: any.
        label_smoothing: share of the target that is spread over all classes.
        class_weights: balanced: rare classes count more in the loss, each class as much as any other in total.
        optimizer: a name the Trainer of transformers knows.
        precision: auto: bf16 where the GPU has it, else fp32. Weights are always fp32.
        augment: random changes of training images: flip (left-right), crop, light (shift, turn and brightness a
            little), strong (crop, flip, colours, a part erased).
        eval_every: steps between evaluations. None: an epoch, or 50 where epochs are shorter.
        save_every: steps between checkpoints. None: as eval_every.
        log_every: steps between lines of the training loss.
        keep: checkpoints kept; the best weights are kept besides.
        best: by which figure of the validation set the best weights are chosen: accuracy (of a detector its mAP, of a
            segmenter its mIoU; of equal ones the lower loss), or loss.
        early_stopping: stop after so many evaluations without a better one; 0: never.
        watch_every: steps between explanations of a few validation images, as pictures in probes/; 0: never.
        watch_images: how many of them.
        watch_method: a name of `vitx methods`; auto chooses by the model.
        watch_attention: the attention on them is recorded as well, in inspect/, for the viewer and TensorBoard.
        loggers: beside metrics.csv: some of tensorboard, wandb, mlflow, separated by commas.
        tags: words to find the run by, separated by commas: they stand in config.yaml and the model card.
        license: of the weights, for the model card, by the name the Hub has for it: apache-2.0.
        workers: processes that prepare images. None: none on the CPU, else one a core, 8 at most.
        seed: of weights, order, augmentation and dropout; that of data that are made is data.seed.
        preset: for finding faults: memorise one batch, overfit a small part, or train on 1 % of the data.
    """

    mode: Literal["full", "head", "lora"] = "full"
    cut_at: str | None = None
    epochs: float | None = None
    steps: int | None = None
    batch_size: int = 32
    eval_batch_size: int | None = None
    accumulate: int = 1
    learning_rate: float | None = None
    warmup: float = 0.1
    scheduler: Literal["cosine", "linear", "plateau", "constant"] = "cosine"
    patience: int = 3
    weight_decay: float = 0.05
    clip: float = 1.0
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    optimizer: str = "adamw_torch"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    augment: Augmentation = "none"
    eval_every: int | None = None
    save_every: int | None = None
    log_every: int = 50
    keep: int = 2
    best: Literal["accuracy", "loss"] = "accuracy"
    early_stopping: int = 0
    watch_every: int = 500
    watch_images: int = 8
    watch_method: str = "auto"
    watch_attention: bool = False
    loggers: str = ""
    tags: str = ""
    license: str = ""
    workers: int | None = None
    seed: int = 0
    preset: Preset = "none"

    def __post_init__(self) -> None:
        above_zero = "epochs steps batch_size eval_batch_size accumulate learning_rate patience".split()
        for name in (*above_zero, "eval_every", "save_every", "log_every", "keep", "watch_images"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise OptionError(f"{name} is {value}; it must be above 0.")
        for name in ("warmup", "weight_decay", "watch_every", "clip", "early_stopping", "workers", "seed"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise OptionError(f"{name} is {value}; it must be 0 or more.")
        if self.watch_attention and not self.watch_every:
            raise OptionError(
                "watch_attention records when watch_every says, which is 0: never; give it a number of steps."
            )
        if not 0 <= self.label_smoothing < 1:
            raise OptionError(f"label_smoothing is {self.label_smoothing}; it is a share: from 0 to below 1.")
