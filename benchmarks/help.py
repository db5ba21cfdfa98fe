"""Processor time of `vitx COMMAND --help`, the best of several: the bar is half a second.

python benchmarks/help.py --rounds 5
"""

import argparse
import resource
import subprocess
import sys

import click
from typer.main import get_command

from vitxplain.cli.main import app

BAR = 0.5  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    for command in commands(get_command(app)):
        best = min(seconds(command) for _ in range(rounds))
        print(f"{best:.2f} s  {' '.join(('vitx', *command))}{'  over the bar' if best > BAR else ''}", flush=True)


def commands(command: click.Command, names: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Those there are, groups among them, by their words."""
    below = getattr(command, "commands", {})
    return [names, *(one for name, sub in below.items() for one in commands(sub, (*names, name)))]


def seconds(command: tuple[str, ...]) -> float:
    """Of the processor, which other programs on the machine do not change much."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "vitxplain", *command, "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
