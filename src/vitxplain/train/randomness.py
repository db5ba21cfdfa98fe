"""Random numbers kept as they are while something looks on."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def randomness_kept(device: torch.device) -> Iterator[None]:
    """The global generators of Python, NumPy and torch go on afterwards as if nothing had been drawn."""
    ours, numpys = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(ours)
        np.random.set_state(numpys)
