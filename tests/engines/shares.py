"""`vitx`, with shards of four images; told so, the second of two processes is killed within its second shard."""

import os
import signal
import sys
from typing import Any

from vitxplain.__main__ import main
from vitxplain.scale import manifest, plan

LOST = "LOSE_A_PROCESS"  # the variable that tells

finish = manifest.finish
written = 0


def lost(*arguments: Any) -> None:
    global written
    written += 1
    if written == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    finish(*arguments)


if __name__ == "__main__":
    plan.IMAGES_OF_A_SHARD = 4
    if os.environ.get("RANK") == "1" and LOST in os.environ:
        manifest.finish = lost
    sys.argv[0] = "vitx"
    main()
