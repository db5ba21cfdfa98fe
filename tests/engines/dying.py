"""ExplainBatches whose worker is killed once, in the middle."""

import os
import signal
from pathlib import Path
from typing import Any

from vitxplain.scale import ExplainBatches


class Dying(ExplainBatches):
    """The first worker that comes to its second batch leaves a file, and is killed."""

    def __init__(self, *arguments: Any, died: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.died = Path(died)
        self.batches = 0

    def __call__(self, batch: Any) -> Any:
        if hasattr(batch, "__next__"):  # an iterator, whose batches are each a call of this
            return super().__call__(batch)
        self.batches += 1
        if self.batches == 2:
            try:
                self.died.touch(exist_ok=False)
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(batch)
