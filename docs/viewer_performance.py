"""Write docs/viewer-performance.md from what was measured: `python docs/viewer_performance.py`; a test compares."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCES = [HERE / "performance" / f"{name}.json" for name in ("viewer", "recording", "opening", "hosts")]
PAGE = """# Performance of the viewer

How long [the viewer](how-to/inspect.md) takes to answer, and what a [recording](how-to/record-attention.md) costs.

## From a hover to its picture

Every layer and head is drawn anew for each patch that the pointer passes: 144 maps of a ViT-B, the photograph with its
map, two charts and the sentence. *Script* is what the page computes from the hover to the finished canvases; *frames*
is the time between two pictures on the screen while the pointer moves on, where 16.7 ms are 60 pictures a second.

{hovers}

Measured on {machine}: the best of {runs} runs,
{beside}. Without a graphics card Chromium draws in software, which is in the frames. Attention is noise, the sizes are
real.

```bash
pip install -e '.[browser]'
python benchmarks/inspect_viewer.py --out docs/performance
```

## From a file or a host to the first picture

A file of {file:.0f} MB, a DINO ViT-S/16 at 480 px recorded whole, opened from disk in a running browser, shows its
first picture after {usual:.2f} s (the median of {opened} times; the best is {first:.2f} s), while the rest is still
read: all of it after {whole:.1f} s.

From a folder of {records} records of a ViT-B/16 the hosts show the first picture as soon, by a few requests; counted
from where the browser begins to load the viewer itself, without what the host loads before it:

{hosts}

The {records} records are listed in {listed:.0f} ms, and in {again:.0f} ms once more.

```bash
python benchmarks/inspect_opening.py --out docs/performance
python benchmarks/inspect_hosts.py --out docs/performance
```

## A recording

A weight takes a byte: 8 bits of its square root, with a peak for each row.

{recordings}

All are of one photograph. Files of random weights zip too well to be told; 144 heads of 197 tokens, those of a
ViT-B/16, take {zipped:.1f} MB zipped where they are as the learnt ones. Rollout is that of the class token on the
patches over all layers, and what it is off by the mean over patches. Memory is the peak beyond the open model.

```bash
python benchmarks/inspect_recording.py --model facebook/deit-tiny-patch16-224 --out docs/performance
python docs/viewer_performance.py
```
"""


def page(
    viewer: Mapping[str, Any], recording: Mapping[str, Any], opening: Mapping[str, Any], hosts: Mapping[str, Any]
) -> str:
    """The whole page, from what inspect_{viewer,recording,opening,hosts}.py in benchmarks/ wrote."""
    of_learnt = next(case for case in recording.values() if case["weights"] == "learnt")
    return PAGE.format(
        machine=viewer["machine"],
        runs=viewer["runs"],
        beside=f"beside other work (a load of {viewer['load']})" if viewer["load"] else "with nothing else to do",
        file=opening["MB of the file"],
        first=opening["first picture, least s"],
        usual=opening["first picture, median s"],
        opened=opening["runs"],
        whole=opening["all read, least s"],
        hosts=first_pictures(hosts["results"]),
        records=hosts["records"],
        listed=hosts["results"]["listing"]["ms"],
        again=hosts["results"]["listing"]["again"],
        hovers=hovers(viewer["results"]),
        recordings=recordings(recording),
        zipped=of_learnt["MB zipped, attention of 144 heads like these"],
    )


def hovers(results: Mapping[str, Any]) -> str:
    head = "| | script, median | frames, 95th percentile |\n| --- | --: | --: |"
    rows = [
        f"| {case}, {row} | {times['median']:.1f} ms | {times['frame 95th']:.1f} ms |"
        for case, of_rows in results.items()
        for row, times in of_rows.items()
    ]
    return "\n".join([head, *rows])


def first_pictures(results: Mapping[str, Any]) -> str:
    head = "| host | median | slowest | requests by then |\n| --- | --: | --: | --: |"
    rows = [
        f"| {host} | {times['ms'] / 1000:.2f} s | {times['slowest'] / 1000:.2f} s | {times['requests by then']} |"
        for host, times in results.items()
        if host in ("TensorBoard", "vitx serve")
    ]
    return "\n".join([head, *rows])


def recordings(results: Mapping[str, Any]) -> str:
    head = (
        "| | weights | layers, heads, tokens | file | in float32 | rollout off by | memory | time |\n"
        "| --- | --- | --- | --: | --: | --: | --: | --: |"
    )
    return "\n".join([head, *(_recording(name, case) for name, case in results.items())])


def _recording(name: str, case: Mapping[str, Any]) -> str:
    memory = case["peak resident MB while recording"] - case["resident MB before recording"]
    cells = [
        name,
        case["weights"],
        " × ".join(map(str, case["layers, heads, tokens"])),
        f"{case['MB of the file']:.1f} MB",
        f"{case['MB of float32']:.1f} MB",
        f"{case['rollout off by, mean relative in %']:.2f} %",
        f"{memory:.0f} MB",
        f"{case['seconds']:.1f} s",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    text = page(*(json.loads(file.read_text("utf-8")) for file in SOURCES))
    (HERE / "viewer-performance.md").write_text(text, encoding="utf-8")
