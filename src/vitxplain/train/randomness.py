"""Random numbers kept as they are while something looks on."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def randomness_kept(device: torch.device) -> Iterator[None]:
    """The global generators of Python, NumPy and torch go on afterwards as if nothing had been drawn."""
    ours, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 - the one others draw from
    kept = [device] if device.type not in ("cpu", "meta") else []
    try:
        with torch.random.fork_rng(devices=kept, device_type=device.type if kept else "cuda"):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)  # noqa: NPY002
