"""Images prepared ahead of a GPU lie in memory it copies from by itself."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.explainers.tiny import load, vit_module
from vitxplain.scale.listing import Listing
from vitxplain.scale.prepare import Prepared, ahead, prepare


@pytest.mark.parametrize(("device", "pinned"), [("cpu", 0), ("cuda:1", 1)])
def test_batches_for_a_gpu_are_pinned(device: str, pinned: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Tensor] = []
    monkeypatch.setattr(Tensor, "pin_memory", lambda tensor: (calls.append(tensor), tensor)[1])
    picture = Image.fromarray(np.zeros((20, 30, 3), np.uint8))
    images = Listing(["one", "two"], lambda _: picture)
    made = prepare(images, load(vit_module).processor, range(2), 8, torch.device(device))
    assert len(calls) == pinned
    assert [len(batch.positions) for batch in made.batches] == [2]


def test_workers_compute_with_one_thread_each_and_nothing_else_does() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    counts: list[int] = []

    def count() -> Prepared:
        counts.append(torch.get_num_threads())
        return Prepared({})

    try:
        for _ in ahead([count] * 4, 2):
            assert torch.get_num_threads() == 3
        assert counts == [1] * 4
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)
