"""npm's commands, run beside the checkout."""

import subprocess
from pathlib import Path


def run(folder: Path, *command: str) -> None:
    """The command succeeds there; what it said is the failure's text."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
