"""A batch gives a row for each image, about that image alone, or is refused: images pass in batches."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vitxplain import explain
from vitxplain.errors import ModelLoadError

PIXELS = torch.linspace(-1, 1, 3 * 8 * 8).sin().reshape(3, 8, 8)


class Network(nn.Module):
    """A small network whose images, or rows of scores, `change` changes."""

    def __init__(self, before: object = None, after: object = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.head, self.before, self.after = nn.Conv2d(3, 4, 3), nn.Linear(4, 5), before, after

    def forward(self, x: Tensor) -> Tensor:
        scores = self.head(F.relu(self.conv(self.before(x) if self.before else x)).mean((2, 3)))
        return self.after(scores) if self.after else scores


MIXED = "returns other scores for an image when another one lies beside it"


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("module", "words"),
    [
        (Network(before=lambda x: x[:1]), "returns 1 row for two images: it takes a part of the batch"),
        (Network(after=lambda rows: rows.mean(0, keepdim=True)), "returns 1 row for two"),
        (Network(after=lambda rows: rows.repeat(2, 1)), r"shape \(2, 5\) for one image"),
        (Network(after=lambda rows: torch.cat([rows, rows[1:]])), "returns 3 rows for two"),
        (Network(after=lambda rows: rows.T), r"shape \(5, 1\) for one image and \(5, 2\) for two"),
        (Network(before=lambda x: x[:1].expand_as(x)), MIXED),
        (Network(before=lambda x: x[-1:].expand_as(x)), MIXED),
        (Network(after=lambda rows: rows.flip(0)), MIXED),
        (Network(before=lambda x: x.roll(1, 0)), MIXED),
        (Network(before=lambda x: x + x[:1]), MIXED),
        (Network(after=lambda rows: rows - rows.mean(0)), MIXED),
        (Network(before=lambda x: F.batch_norm(x, None, None, training=True)), MIXED),
    ],
)
def test_a_batch_that_is_not_a_row_an_image_is_refused(module: nn.Module, words: str) -> None:
    with pytest.raises(ModelLoadError, match=words):
        explain(module.eval(), PIXELS, "grad-cam")


@pytest.mark.parametrize(
    "module",
    [
        Network(),
        Network(before=lambda x: 0 * x),  # says the same of every image
        Network(before=lambda x: F.dropout(x, 0.1)),  # draws random numbers
        Network(after=lambda rows: rows.flatten()),
        Network().half(),
        Network().double(),
    ],
    ids=["plain", "constant", "random", "flat", "half", "double"],
)
def test_what_gives_each_its_row_is_not(module: nn.Module) -> None:
    explain(module.eval(), PIXELS.to(next(module.parameters()).dtype), "grad-cam")
