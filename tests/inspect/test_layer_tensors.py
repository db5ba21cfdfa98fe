"""One layer as it is stored: never two copies of it, whatever its size."""

import tracemalloc
from collections.abc import Iterator

import numpy as np

from vitxplain.inspect.layer_form import LayerForm, Side
from vitxplain.inspect.layer_tensors import layer_tensors


def test_heads_are_let_go_one_by_one():
    heads, side = 32, 15
    tokens = Side(side * side + 1, prefix=("class",), grid=(side, side))
    form = LayerForm(0, heads, tokens, tokens)

    def weights() -> Iterator[np.ndarray]:
        for seed in range(heads):
            scores = np.random.default_rng(seed).random((tokens.count, tokens.count), np.float32)
            yield scores / scores.sum(-1, keepdims=True)

    next(weights())
    tracemalloc.start()
    layer = layer_tensors(form, weights(), extent=(240.0, 240.0), precision="sqrt8", rows="all")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    stored = sum(array.nbytes for array in layer.tensors.values())
    one_head = 4 * tokens.count**2
    assert stored > heads * tokens.count**2
    assert peak < stored + 12 * one_head  # all heads in float32 would be 32 of these
