"""Work in several processes, as `accelerate launch` starts them: the main one decides and writes, the others follow."""

import atexit
import functools
import os
from collections.abc import Callable
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, reduce

Result = TypeVar("Result")


def shared_state(*, cpu: bool = False) -> PartialState:
    """The state that all processes share; the first call joins them, and the end of the interpreter parts them."""
    state = PartialState(cpu=True) if cpu else PartialState()  # accelerate joins CPUs only if told so
    if state.num_processes > 1:
        _leave_at_exit()
    return state


def main_process() -> bool:
    """Whether this process is the one that writes."""
    return shared_state().is_main_process


def starts_first() -> bool:
    """Whether this is the first of the processes that were started together, before they have joined."""
    return os.environ.get("RANK", "0") == "0"


def starts_several() -> bool:
    """Whether other processes were started together with this one."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def in_any_process(flag: bool) -> bool:
    """Whether the flag is set in any process; every process must call this."""
    state = shared_state()
    if state.num_processes == 1:
        return flag
    return bool(reduce(torch.tensor(float(flag), device=state.device)).item())


def in_one_process(work: Callable[[], Result]) -> Result:
    """The result of work done in the main process alone, in every process; an error there is raised in all."""
    state = shared_state()
    if state.num_processes == 1:
        return work()
    box: list[Result | Exception | None] = [None]
    if state.is_main_process:
        try:
            box[0] = work()
        except Exception as error:  # raised below, by every process
            box[0] = error
    (outcome,) = broadcast_object_list(box)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def join_processes(device: str = "auto") -> tuple[PartialState, str]:
    """The state that all processes share, and the device of this one: "auto" gives each of several a GPU of its own."""
    several = starts_several()
    on_cpu = several and (device == "cpu" or not torch.accelerator.is_available())
    state = shared_state(cpu=on_cpu)
    own = "cpu" if on_cpu else str(state.device)
    return state, own if several and device == "auto" else device


@functools.cache
def _leave_at_exit() -> None:
    """Take this process out of the group of its CPUs before the interpreter goes.

    gloo's threads may still hold tensors by then, and to free one without an interpreter ends the process by SIGABRT.
    NCCL's groups are left as they are: to destroy one waits for the others, which may have failed.
    """
    atexit.register(_leave)


def _leave() -> None:
    groups = torch.distributed
    if groups.is_available() and groups.is_initialized() and groups.get_backend() == "gloo":
        groups.destroy_process_group()
