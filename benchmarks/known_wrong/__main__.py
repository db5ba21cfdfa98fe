"""Measure the mistakes named, or all: `python -m benchmarks.known_wrong [NAME...] [--out FILE]`."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from benchmarks.known_wrong import capturing, differentiating, evaluating, hooking, placing, rolling

MISTAKES: dict[str, Callable[[], dict]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        capturing.empty_attentions,
        capturing.hooked,
        capturing.masked_row,
        capturing.half_softmax,
        capturing.untrained,
        rolling.keepdim,
        rolling.discards_of_a_batch,
        rolling.prefix_tokens,
        rolling.square_grids,
        rolling.constant_map,
        hooking.first_of_two,
        hooking.last_call,
        hooking.changed_in_place,
        hooking.softmax_twice,
        differentiating.other_scores,
        differentiating.order_of_arrival,
        differentiating.two_methods_of_one_name,
        differentiating.cam_of_tokens,
        differentiating.last_block,
        differentiating.lost_norm,
        evaluating.baselines,
        evaluating.first_point,
        evaluating.ties_by_place,
        evaluating.any_of_the_highest,
        evaluating.pooled,
        evaluating.no_controls,
        evaluating.fresh_values,
        placing.cropped,
        placing.orientation,
    )
}


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *MISTAKES], metavar="NAME", help=", ".join(MISTAKES))
    parser.add_argument("--out", type=Path, help="a JSON file for the figures of all")
    options = parser.parse_args()
    figures = {name: MISTAKES[name]() for name in options.names or MISTAKES}
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
