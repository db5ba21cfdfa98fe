"""Which tokens are patches, how they lie, and which ones the logits are read from: found by watching."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.models.tiny_classifier import WIDTH, TinyClassifier, as_model, images, written_out
from vitxplain.errors import UsageError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.grid import TokenGrid

PATCHES = tuple(range(15))


def mean(x: Tensor) -> Tensor:
    return x.mean(1)


CASES: dict[str, tuple[dict[str, Any], tuple[int, int], tuple[int, ...]]] = {
    # how the model is built: (prefix tokens, suffix tokens), the tokens read
    "class token": ({}, (1, 0), (0,)),
    "registers": ({"prefix": 5}, (5, 0), (0,)),
    "suffix tokens": ({"suffix": 3}, (1, 3), (0,)),
    "no class token": ({"prefix": 0, "read": mean}, (0, 0), PATCHES),
    "class token at the end": ({"prefix": 0, "suffix": 1, "read": lambda x: x[:, -1]}, (0, 1), (15,)),
    "distilled": ({"prefix": 2, "read": lambda x: x[:, :2].mean(1)}, (2, 0), (0, 1)),
    "patches pooled": ({"read": lambda x: x[:, 1:].mean(1)}, (1, 0), tuple(range(1, 16))),
    "class token and patches": ({"read": lambda x: x[:, 0] + x[:, 1:].mean(1)}, (1, 0), tuple(range(16))),
    "registers left aside": (
        {"prefix": 3, "read": lambda x: x[:, 0] + x[:, 3:].mean(1)}, (3, 0), (0, *range(3, 18)),
    ),
    "read from a register": ({"prefix": 3, "read": lambda x: x[:, 2]}, (3, 0), (2,)),
}  # fmt: skip


@pytest.mark.parametrize(("build", "extra", "readout"), CASES.values(), ids=CASES)
def test_grid_and_readout(build: dict[str, Any], extra: tuple[int, int], readout: tuple[int, ...]) -> None:
    probe = as_model(TinyClassifier(**build)).probe()
    assert probe.grid == TokenGrid(3, 5, *extra, patch_size=(8.0, 8.0), readout=readout)
    assert probe.isotropic
    assert [layout.grid for layout in probe.layouts] == [probe.grid] * 2


@pytest.mark.parametrize("size", [(24, 40), (40, 24), (48, 48), (8, 80), (16, 16)])
def test_every_input_size_has_its_own_grid(size: tuple[int, int]) -> None:
    model = as_model(TinyClassifier())
    grid = model.probe(size).grid
    assert grid is not None
    assert (grid.rows, grid.columns, grid.patch_size) == (size[0] // 8, size[1] // 8, (8.0, 8.0))
    assert model.probe(size) is model.probe(size)


class Unfolded(nn.Module):
    """Patches cut out and projected, no convolution anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(3 * 64, WIDTH)

    def forward(self, pixel_values: Tensor) -> Tensor:
        patches = pixel_values.unfold(2, 8, 8).unfold(3, 8, 8)  # batch channel row column y x
        return self.project(patches.permute(0, 2, 3, 1, 4, 5).flatten(3)).permute(0, 3, 1, 2)


STEMS = {
    "no convolution": (Unfolded(), (3, 5)),
    "overlapping": (nn.Conv2d(3, WIDTH, 7, 4, 3), (6, 10)),
    "several stages": (
        nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, WIDTH, 2, 2)), (3, 5),
    ),
    "rectangular patches": (nn.Conv2d(3, WIDTH, (4, 8), (4, 8)), (6, 5)),
}  # fmt: skip


@pytest.mark.parametrize(("stem", "expected"), STEMS.values(), ids=STEMS)
def test_patches_come_from_any_stem(stem: nn.Module, expected: tuple[int, int]) -> None:
    grid = as_model(TinyClassifier(stem=stem)).grid
    assert grid is not None
    assert (grid.rows, grid.columns) == expected
    assert grid.patch_size == (24 / expected[0], 40 / expected[1])
    assert grid.num_prefix_tokens == 1


def test_a_stated_grid_goes_before_what_was_found() -> None:
    class Scrambled(nn.Module):
        """Five rows of three, whatever the picture looks like."""

        def forward(self, pixel_values: Tensor) -> Tensor:
            return nn.functional.adaptive_avg_pool2d(pixel_values.repeat(1, 4, 1, 1), (5, 3))

    module = TinyClassifier(stem=Scrambled())
    for stated in ((5, 3), TokenGrid(5, 3, 1)):
        grid = as_model(module, grid=stated).grid
        assert grid is not None
        assert (grid.rows, grid.columns, grid.num_prefix_tokens, grid.readout) == (5, 3, 1, (0,))
        assert AttentionRollout().explain(as_model(module, grid=stated), images()).shape == (2, 5, 3)


@pytest.mark.parametrize("stated", [(5, 5), TokenGrid(3, 4, 1)])
def test_a_stated_grid_that_cannot_be_is_refused(stated: TokenGrid | tuple[int, int]) -> None:
    model = as_model(TinyClassifier(), grid=stated)
    with pytest.raises(UsageError, match=r"grid \d x \d .* was stated, but this model's attention is among 16 tokens"):
        AttentionRollout().explain(model, images())


def test_tokens_that_look_constant_are_no_prefix_if_the_image_made_them() -> None:
    """An image of one colour gives equal patches; the probe's noise does not."""
    model = as_model(TinyClassifier([written_out, written_out]))
    assert AttentionRollout().explain(model, torch.zeros(1, 3, 24, 40)).shape == (1, 3, 5)
    assert model.grid is not None
    assert model.grid.num_prefix_tokens == 1
