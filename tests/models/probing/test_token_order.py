"""Tokens that are no map as they stand: shuffled ones, and learned latents."""

import pytest
import torch
from torch import Tensor, nn

from tests.capture.watching import Attend
from tests.models.tiny_classifier import WIDTH, Block, TinyClassifier, as_model, fused, images, written_out
from vitxplain.errors import OptionError
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.fit import fitting
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.grid import TokenGrid
from vitxplain.models import offers

ATTENDS = pytest.mark.parametrize("attend", [fused, written_out])


class Shuffled(TinyClassifier):
    """The same tokens in another order, which attention without positions does not mind."""

    def tokens(self, pixel_values: Tensor) -> Tensor:
        order = torch.randperm(15, generator=torch.Generator().manual_seed(3))
        return super().tokens(pixel_values)[:, order]


class Pooled(nn.Module):
    """Shuffled in squares, so that every four tokens in a row are one place of the coarser second stage (Hiera)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, WIDTH, 4, 4)
        self.first, self.second = Block(fused), Block(fused)
        self.head = nn.Linear(WIDTH, 5)
        self.eval()

    def forward(self, pixel_values: Tensor) -> Tensor:
        grid = self.stem(pixel_values)  # 6 x 10
        # Column by column of squares, within each likewise.
        squares = grid.unflatten(3, (5, 2)).unflatten(2, (3, 2)).permute(0, 4, 2, 5, 3, 1)
        x = self.first(squares.flatten(1, 4))
        x = self.second(x.unflatten(1, (15, 4)).amax(2))
        return self.head(x.mean(1))


class Latents(nn.Module):
    """Learned queries ask the image once and go on among themselves (Perceiver)."""

    num_heads = 3

    def __init__(self, attend: Attend) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attend = attend
        self.stem = nn.Conv2d(3, WIDTH, 2, 2)
        self.latents = nn.Parameter(torch.randn(1, 15, WIDTH))
        self.block, self.head = Block(fused), nn.Linear(WIDTH, 5)
        self.eval()

    def forward(self, pixel_values: Tensor) -> Tensor:
        asked = self.stem(pixel_values).flatten(2).mT.unflatten(2, (3, -1)).transpose(1, 2)
        queries = self.latents.unflatten(2, (3, -1)).transpose(1, 2).expand(len(asked), -1, -1, -1)
        x = self.attend(queries, asked, asked)[1].transpose(1, 2).flatten(2)
        return self.head(self.block(x).mean(1))


@ATTENDS
@pytest.mark.parametrize("prefix", [0, 2])
def test_shuffled_tokens_are_put_in_their_places(attend: Attend, prefix: int) -> None:
    settings = {"attends": [attend, attend], "prefix": prefix, "read": lambda x: x.mean(1)}
    plain = as_model(TinyClassifier(**settings))
    model = as_model(Sorted(**settings) if prefix else Shuffled(**settings))
    for query in ("0,0", "1,3", "2,4"):
        expected = RawAttention(query=query).explain(plain, images())
        torch.testing.assert_close(RawAttention(query=query).explain(model, images()), expected)


class Sorted(TinyClassifier):
    """Patches shuffled behind the prefix tokens."""

    def tokens(self, pixel_values: Tensor) -> Tensor:
        order = torch.randperm(15, generator=torch.Generator().manual_seed(3)) + 2
        return super().tokens(pixel_values)[:, [0, 1, *order.tolist()]]


def test_shuffled_tokens_are_no_map_for_others() -> None:
    model = as_model(Shuffled(prefix=0, read=lambda x: x.mean(1)))
    assert [layout.kind for layout in model.probe().layouts] == ["window", "window"]
    assert model.probe().cam_layer == "stem"
    assert "2 window" in fitting(model)["attention-rollout"]
    with pytest.raises(OptionError, match="no map of the image"):
        GradCAM(layer="blocks.1").explain(model, images())


def test_tokens_shuffled_in_squares_are_pooled_in_their_places() -> None:
    first, second = as_model(Pooled()).probe().layouts
    columns_first = [row * 5 + column for column in range(5) for row in range(3)]
    assert second.grid == TokenGrid(3, 5, patch_size=(8.0, 8.0))
    assert second.placement.flatten().tolist() == columns_first
    squares = [(row, column) for column in range(5) for row in range(3)]
    fine = [(2 * row + i) * 10 + 2 * column + j for row, column in squares for j in (0, 1) for i in (0, 1)]
    assert first.placement.flatten().tolist() == fine
    assert first.grid == TokenGrid(6, 10, patch_size=(4.0, 4.0))


@ATTENDS
def test_latents_are_no_patches(attend: Attend) -> None:
    """Also where as many patches, 3 x 5, might be pooled from the 12 x 20 there are."""
    model = as_model(Latents(attend))
    assert [layout.kind for layout in model.probe().layouts] == ["cross", "branch"]
    assert offers.ATTENTIONS not in model.offers
    assert offers.ATTENTION_MAPS not in model.offers
    assert model.probe().cam_layer == "stem"
