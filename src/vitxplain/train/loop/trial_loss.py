"""check_loss: whether a detector or segmenter tells its loss at all, found out before anything is written."""

from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import nn

from vitxplain.data.sample import ExactBox, LabelledObject, Sample
from vitxplain.errors import UsageError
from vitxplain.train.loop.objective import Objective
from vitxplain.train.network.told_network import ToldNetwork

WIDTH, HEIGHT = 96, 64
IMAGES: Final = 2  # some layers do not work on one


def check_loss(source: str, network: nn.Module, objective: Objective) -> None:
    """The loss of a made image, half of which is an object.

    Raises:
        UsageError: there is none.
    """
    training = network.training
    network.eval()  # nothing of it is to change
    network.training = isinstance(network, ToldNetwork)  # itself alone: texts count in a training step
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            objective.loss(network, objective.collate([_sample()] * IMAGES))
    except Exception as error:  # of the code of any model
        inner: Any = getattr(network, "network", network)
        raise UsageError(
            f"{source} ({type(inner).__name__}) fails where it is to tell its loss, so it cannot be trained: "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        network.train(training)


def _sample() -> Sample:
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:, : WIDTH // 2] = True
    labelled = LabelledObject(0, "trial", ExactBox(0.0, 0.0, WIDTH / 2, float(HEIGHT)), mask)
    return Sample(Image.fromarray(pixels), 0, "trial", objects=(labelled,), class_map=mask.astype(np.int16))
