"""One training in several processes: the main one decides and writes, the others follow."""

import os
from collections.abc import Callable
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, reduce

Found = TypeVar("Found")


def main_process() -> bool:
    """Whether this process is the one that writes."""
    return PartialState().is_main_process


def anywhere(happened: bool) -> bool:
    """Whether it happened in any process; each must ask."""
    state = PartialState()
    if state.num_processes == 1:
        return happened
    return bool(reduce(torch.tensor(float(happened), device=state.device)).item())


def in_one_process(work: Callable[[], Found]) -> Found:
    """What the main process finds, in every process; an error there is raised in all."""
    state = PartialState()
    if state.num_processes == 1:
        return work()
    found: list[Found | Exception | None] = [None]
    if state.is_main_process:
        try:
            found[0] = work()
        except Exception as error:  # raised below, by every process
            found[0] = error
    (outcome,) = broadcast_object_list(found)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def joined_processes(device: str = "auto") -> tuple[PartialState, str]:
    """The state all processes share, and the device of this one: "auto" is a GPU of its own where there are several."""
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    on_cpu = several and (device == "cpu" or not torch.accelerator.is_available())
    state = PartialState(cpu=True) if on_cpu else PartialState()  # accelerate joins CPUs only if told so
    own = "cpu" if on_cpu else str(state.device)
    return state, own if several and device == "auto" else device
