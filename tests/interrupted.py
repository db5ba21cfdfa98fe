"""Runs `vitx` in a process that gets a signal at a moment of its own: no other has to be quick enough to send it."""

import os
import signal
import subprocess
import sys

PROGRAM = """
import os, runpy, sys

number, event, part, times = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
WRITING = os.O_WRONLY | os.O_RDWR

def watch(name, arguments):
    global times
    if name == event and part in str(arguments[0]) and (name != "open" or arguments[2] & WRITING):
        times -= 1
        if times == 0:
            os.kill(os.getpid(), number)

sys.addaudithook(watch)
sys.argv[1:] = sys.argv[5:]
runpy.run_module("vitxplain", run_name="__main__", alter_sys=True)
"""


def interrupted(
    *arguments: object, by: signal.Signals, event: str, of: object, times: int = 1
) -> subprocess.CompletedProcess[str]:
    """What `vitx` with these arguments ends with.

    The signal comes where Python is about to import a module (`event="import"`) or to open a file for writing
    (`event="open"`) whose name has `of` in it, the `times`th time.
    """
    command = [sys.executable, "-c", PROGRAM, str(int(by)), event, str(of), str(times), *map(str, arguments)]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # compiled modules are no files
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
