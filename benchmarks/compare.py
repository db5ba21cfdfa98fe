"""Time and peak memory of every method and its peers, as ratios to a plain forward pass in the same run.

    python benchmarks/compare.py --sizes 224,512 --batches 1,8 --rounds 7 --out docs/performance

Needs transformers and vitxplain; timm and pytorch-grad-cam rows are left out, by name, where those are missing.
Each round runs every case once, so that a busy moment of the machine hits all of them; the median of the rounds
counts. Peak memory is that of a fresh process a case.

    python benchmarks/compare.py --against /other/venv/bin/python --sizes 224 --batches 1,8 --rounds 21

does not compare methods but versions: this one with that of another environment, case by case and command by command,
each pair directly after each other. Install both in the same way; a source folder in PYTHONPATH is this side's alone.
"""

import argparse
import ctypes
import gc
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

NEEDS = {"timm AttentionExtract": "timm", "pytorch-grad-cam": "pytorch_grad_cam"}


def main() -> None:
    """Measure, print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="224,512")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--against", metavar="PYTHON", help="interpreter with another version of vitxplain")
    parser.add_argument("--tiny", action="store_true", help="two small layers: to try --against, not to measure")
    parser.add_argument("--peak", nargs=3, metavar=("CASE", "SIZE", "BATCH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak_memory(options.peak[0], int(options.peak[1]), int(options.peak[2])))
        return
    if options.against:
        from versions import compare_versions

        sizes, batches = (list(map(int, numbers.split(","))) for numbers in (options.sizes, options.batches))
        report = compare_versions(options.against, sizes, batches, options.rounds, tiny=options.tiny)
        _write(options.out, "against.json", report)
        return
    results = []
    for size in map(int, options.sizes.split(",")):
        for batch in map(int, options.batches.split(",")):
            results += measure(size, batch, options.rounds)
    report = {
        "command": "python benchmarks/compare.py " + " ".join(sys.argv[1:]),
        "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
        "versions": {name: version(name) for name in ("torch", "transformers", "captum", "vitxplain")},
        "results": results,
    }
    _write(options.out, "compare.json", report)


def _write(folder: Path | None, name: str, report: dict[str, Any]) -> None:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(report, indent=1) + "\n")


def measure(size: int, batch: int, rounds: int) -> list[dict[str, object]]:
    """One table: every case at one size and batch."""
    from cases import OURS, PEERS, PLAIN, case

    names = [PLAIN, *OURS, *(name for name in PEERS if find_spec(NEEDS.get(name, "torch")))]
    for name in set(PEERS) - set(names):
        print(f"{name}: left out, {NEEDS[name]} is not installed", file=sys.stderr)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    run = {name: case(name, size, batch) for name in names}
    for name in names:
        run[name]()
    for _ in range(rounds):
        for name in names:
            start = time.perf_counter()
            run[name]()
            seconds[name].append(time.perf_counter() - start)
    run.clear()
    rows = []
    print(f"\nViT-B/16, {size} px, batch {batch}\n{'':50}{'ms':>8}{'ratio':>7}{'MiB above plain':>17}")
    base = _peak_in_own_process(PLAIN, size, batch)
    for name in names:
        median = statistics.median(seconds[name])
        # The ratio within a round, then the median: what slows a round slows both.
        ratio = statistics.median(a / b for a, b in zip(seconds[name], seconds[PLAIN], strict=True))
        extra = _peak_in_own_process(name, size, batch) - base
        rows.append(
            {"case": name, "size": size, "batch": batch, "ms": median * 1e3, "ratio": ratio, "extra_mib": extra}
        )
        print(f"{name:50}{median * 1e3:8.0f}{ratio:7.2f}{extra:17.0f}", flush=True)
    return rows


def peak_memory(name: str, size: int, batch: int) -> float:
    """Peak resident memory of this process in MiB, less what it held before the case ran."""
    from cases import case

    run = case(name, size, batch)
    gc.collect()
    with suppress(OSError, AttributeError):  # give back what loading and probing freed, or it would hide the peak
        ctypes.CDLL(None).malloc_trim(0)
    before = _reset_peak()
    run()
    return _peak() - before


def _peak_in_own_process(name: str, size: int, batch: int) -> float:
    command = [sys.executable, __file__, "--peak", name, str(size), str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _reset_peak() -> float:
    """Forget the peak so far where the system can (Linux), and say what is held now."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")
    return _peak()


def _peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    main()
