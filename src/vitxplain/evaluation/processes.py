"""One evaluation in several processes, by torchrun or accelerate launch: each scores its share of the images."""

import os

import torch
from accelerate import PartialState


def joined_processes(device: str = "auto") -> tuple[PartialState, str]:
    """The state all processes share, and the device of this one: "auto" is a GPU of its own where there are several."""
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    on_cpu = several and (device == "cpu" or not torch.accelerator.is_available())
    state = PartialState(cpu=True) if on_cpu else PartialState()  # accelerate joins CPUs only if told so
    own = "cpu" if on_cpu else str(state.device)
    return state, own if several and device == "auto" else device
