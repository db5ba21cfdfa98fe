"""The separate objects of a mask."""

import numpy as np

from vitxplain.data.sample import Box, Mask


def components(mask: Mask) -> list[Box]:
    """The box round each connected group of True pixels (corners touch too), from top to bottom.

    Runs of pixels in a row are joined with those they touch in the row above, so the time goes by runs, not by pixels.
    """
    framed = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    rows, starts = np.nonzero(np.diff(framed, axis=1) == 1)
    _, ends = np.nonzero(np.diff(framed, axis=1) == -1)
    first = np.searchsorted(rows, np.arange(len(mask) + 1))  # the first run of each row
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    for row in range(1, len(mask)):
        above, here = int(first[row - 1]), int(first[row])
        while above < first[row] and here < first[row + 1]:
            if starts[above] <= ends[here] and starts[here] <= ends[above]:  # ends are outside: corners touch too
                low, high = sorted((root(above), root(here)))
                parent[high] = low
            if ends[above] < ends[here]:
                above += 1
            else:
                here += 1
    groups: dict[int, list[int]] = {}
    for run in range(len(rows)):
        groups.setdefault(root(run), []).append(run)
    return [
        Box(int(starts[runs].min()), int(rows[runs[0]]), int(ends[runs].max()), int(rows[runs[-1]]) + 1)
        for runs in groups.values()
    ]
