"""A command's start without garbage collection: what libraries make as they are imported stays to the end.

Torch and transformers make some 400,000 objects, which Python would look through half a dozen times: a seventh of the
time that importing them takes.
"""

import atexit
import gc
import os
import sys
from typing import Final

USUAL: Final = gc.get_threshold()
RARE: Final = (1_000_000, *USUAL[1:])  # objects: more than are imported, and yet not for ever


def begin_startup() -> None:
    """Collect hardly any garbage from now on; only where the whole process is this command."""
    gc.set_threshold(*RARE)
    atexit.register(_end_quietly)  # before libraries register theirs, so that it comes after them


def end_startup() -> None:
    """Collect it as ever, and never look at what is here already; nothing where no startup began.

    Called before weights are read, which are to be freed as ever: what is here now, and held by a cycle, stays.
    """
    if gc.get_threshold() == RARE:
        gc.freeze()
        gc.set_threshold(*USUAL)


def _end_quietly() -> None:
    """Drop what is printed as Python ends: what nanobind binds, as triton, calls all that is left then leaks.

    Here it is left on purpose: to free it would take a third of the time of a short command.
    """
    if not gc.get_freeze_count():
        return
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):  # a full disk or a closed stream: what Python says of that is to be seen
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
