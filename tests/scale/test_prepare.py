"""Images prepared ahead of a GPU lie in memory it copies from by itself."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.explainers.tiny import load, vit_module
from vitxplain.scale.listing import Listing
from vitxplain.scale.prepare import Prepared, ReadAhead, prepare


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
        with ReadAhead([count] * 4, 2) as prepared:
            for _ in prepared:
                assert torch.get_num_threads() == 3
        assert counts == [1] * 4
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)


def test_images_are_read_before_the_first_is_taken_and_no_more_than_workers() -> None:
    begun: list[int] = []
    both = Barrier(3)  # the two workers and this test

    def piece(number: int) -> Prepared:
        begun.append(number)
        if number < 2:
            both.wait(60)
        return Prepared({}, names={number: "read"})

    with ReadAhead([partial(piece, number) for number in range(5)], 2) as prepared:
        both.wait(60)
        assert sorted(begun) == [0, 1]
        assert [list(one.names) for one in prepared] == [[0], [1], [2], [3], [4]]


def test_what_nobody_takes_is_not_read() -> None:
    begun: list[int] = []

    def piece(number: int) -> Prepared:
        begun.append(number)
        return Prepared({})

    with pytest.raises(KeyError), ReadAhead([partial(piece, number) for number in range(9)], 2):
        raise KeyError
    assert set(begun) <= {0, 1}
