"""Trainings in processes of their own, killed as power cuts do: between two moves on the disk, or within one."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

# The server imports once, and each training is a fork of it.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["vitxplain.train.run", "tests.train.killed"])


def train_apart(kill_at: int | None = None, **arguments: Any) -> tuple[int, int]:
    """The exit code of a training, and how many moves on the disk it had begun."""
    moves = PROCESSES.Value("i", 0)
    process = PROCESSES.Process(target=_train, args=(kill_at, moves, arguments))
    process.start()
    process.join(120)
    return process.exitcode, moves.value


def interrupted(after: int, **arguments: Any) -> int:
    """The exit code of a training that gets Ctrl-C in step `after`."""
    process = PROCESSES.Process(target=_interrupted, args=(after, arguments))
    process.start()
    process.join(120)
    return process.exitcode


def _train(kill_at: int | None, moves: Any, arguments: dict[str, Any]) -> None:
    from tests.train.tiny import tiny

    _one_thread()
    _count_moves(kill_at, moves)
    tiny(**arguments)


def _count_moves(kill_at: int | None, moves: Any) -> None:
    """Kill this process in the move with that number: of weights being written, half a file is there."""
    import shutil

    import safetensors.torch
    import torch

    import vitxplain.train.network.saving

    def counted(function: Any) -> Any:
        def run(*arguments: Any, **others: Any) -> Any:
            moves.value += 1
            if moves.value == kill_at:
                if "save" in function.__name__:
                    Path(arguments[1]).write_bytes(b"half of a file")
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **others)

        return run

    for module, name in ((torch, "save"), (os, "fsync"), (os, "replace"), (shutil, "rmtree")):
        setattr(module, name, counted(getattr(module, name)))
    vitxplain.train.network.saving.save_file = counted(safetensors.torch.save_file)


def _interrupted(after: int, arguments: dict[str, Any]) -> None:
    from transformers import TrainerCallback

    from tests.train.tiny import tiny

    _one_thread()

    class Ctrl(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            if state.global_step == after - 1:
                os.kill(os.getpid(), signal.SIGINT)

    try:
        tiny(callbacks=[Ctrl()], **arguments)
    except KeyboardInterrupt as stopped:
        Path(arguments["out"], "said.txt").write_text(str(stopped))
        raise SystemExit(130) from None


def _one_thread() -> None:
    """Sums of several threads differ in the last digit with the number of threads."""
    import torch

    torch.set_num_threads(1)
