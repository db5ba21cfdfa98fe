"""One training in several processes: the main one decides and writes, the others follow."""

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
