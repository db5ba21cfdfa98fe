"""Two versions of vitxplain beside each other: the same cases in two interpreters, which take turns."""

import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

WORKER = Path(__file__).with_name("version_worker.py")
IMAGE = "photograph.png"
CONTROLS = ("plain forward pass", "python -c pass")
COMMANDS = {
    "python -c pass": "-c pass",
    "import vitxplain": r"-c import\ vitxplain",
    "vitx --help": "-m vitxplain --help",
    "vitx methods": "-m vitxplain methods",
    "vitx explain": f"-m vitxplain explain {IMAGE} --model demo-vit --method auto,attention-rollout",
    "vitx evaluate": "-m vitxplain evaluate --model demo-cnn --data digits --limit 8",
    "vitx test": "-m vitxplain test --model demo-vit --data digits --limit 64",
    "vitx train": "-m vitxplain train --model scratch --data digits --limit 64 -o steps=4",
}
Row = dict[str, Any]


class Side:
    """One interpreter and its version of the package, with a worker that lives as long as the measurement."""

    def __init__(self, python: str, environment: dict[str, str]) -> None:
        self.python = python
        self.environment = environment
        self.worker = subprocess.Popen(
            [python, "-P", str(WORKER)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.about = self._answer()

    def ask(self, **request: Any) -> Any:
        """What the worker answers."""
        assert self.worker.stdin is not None
        self.worker.stdin.write(json.dumps(request) + "\n")
        self.worker.stdin.flush()
        return self._answer()

    def run(self, arguments: str) -> float:
        """Seconds a fresh interpreter takes for this command, in an empty folder."""
        with tempfile.TemporaryDirectory() as folder:
            _photograph(Path(folder) / IMAGE)
            command = [self.python, "-P", *shlex.split(arguments)]
            start = time.perf_counter()
            done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True)
            seconds = time.perf_counter() - start
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        return seconds

    def close(self) -> None:
        """End the worker."""
        assert self.worker.stdin is not None
        self.worker.stdin.close()
        self.worker.wait()

    def _answer(self) -> Any:
        assert self.worker.stdout is not None
        line = self.worker.stdout.readline()
        if not line:
            raise SystemExit(f"{self.python} {WORKER} ended; what it said stands above")
        return json.loads(line)


def compare_versions(
    python: str, sizes: Iterable[int], batches: Iterable[int], rounds: int, *, tiny: bool = False
) -> dict[str, Any]:
    """Print and return how much longer this version takes than that of another interpreter."""
    environment = {**os.environ, "TQDM_DISABLE": "1"}
    if "PYTHONPATH" in environment:
        environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, environment["PYTHONPATH"].split(os.pathsep)))
    here = Side(sys.executable, environment)
    there = Side(python, {name: value for name, value in environment.items() if name != "PYTHONPATH"})
    if here.about["package"] == there.about["package"]:
        raise SystemExit(f"both interpreters use {here.about['package']}: there is nothing to compare")
    print(f"here  {here.about['package']}\nthere {there.about['package']}")
    results = []
    for size in sizes:
        for batch in batches:
            setting: Row = {"size": size, "batch": batch}
            names = here.ask(**setting, tiny=tiny)
            if there.ask(**setting, tiny=tiny) != names:
                raise SystemExit("the two workers know different cases")
            _headline(f"{'tiny ViT' if tiny else 'ViT-B/16'}, {size} px, batch {batch}")
            results += [setting | row for row in _pairs(names, here, there, rounds, _case)]
    _headline("fresh processes")
    results += _pairs(COMMANDS, here, there, rounds, _command)
    here.close()
    there.close()
    return {"here": here.about, "there": there.about, "rounds": rounds, "results": results}


def _case(side: Side, name: str) -> dict[str, float]:
    return side.ask(case=name)


def _command(side: Side, name: str) -> dict[str, float]:
    return {"seconds": side.run(COMMANDS[name]), "sum": 0.0}


def _pairs(
    names: Iterable[str], here: Side, there: Side, rounds: int, measure: Callable[[Side, str], dict[str, float]]
) -> list[Row]:
    """A row for each case. Both sides run it in turn, and every other round begins with the other side."""
    names = list(names)
    seconds: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in names}
    same = {}
    for name in names:  # warm-up, and the comparison of results
        first, second = measure(here, name)["sum"], measure(there, name)["sum"]
        same[name] = abs(first - second) <= 1e-4 * max(abs(first), abs(second), 1e-6)
    for turn in range(rounds):
        for name in names:
            order = (here, there) if turn % 2 == 0 else (there, here)
            for side in order:
                seconds[name][side is there].append(measure(side, name)["seconds"])
    return [_row(name, *seconds[name], same=same[name]) for name in names]


def _row(name: str, here: list[float], there: list[float], *, same: bool) -> Row:
    medians = statistics.median(here), statistics.median(there)
    # What slows a round slows both sides; the ratio of medians does without pairs. A true change shows in both.
    in_rounds = statistics.median(ours / theirs for ours, theirs in zip(here, there, strict=True))
    row = {
        "case": name,
        "here_ms": medians[0] * 1e3,
        "there_ms": medians[1] * 1e3,
        "ratio_of_medians": medians[0] / medians[1],
        "median_of_ratios": in_rounds,
        "same_result": same,
    }
    label = f"{name} (control)" if name in CONTROLS else name
    print(
        f"{label:44}{row['here_ms']:9.1f}{row['there_ms']:9.1f}{row['ratio_of_medians']:9.3f}{in_rounds:9.3f}"
        + ("" if same else "   results differ"),
        flush=True,
    )
    return row


def _headline(title: str) -> None:
    print(f"\n{title}\n{'':44}{'here ms':>9}{'there ms':>9}{'medians':>9}{'rounds':>9}")


def _photograph(path: Path) -> None:
    from PIL import Image

    Image.effect_mandelbrot((320, 240), (-2, -1, 1, 1), 50).convert("RGB").save(path)
