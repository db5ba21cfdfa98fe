"""A network whose own code cuts the image into patches: row by row it is explained, mirrored it says why not."""

import pytest
import torch
from torch import Tensor, nn

from vitxplain import fitting, load_model
from vitxplain.models import offers

STATED = {"mean": 0.5, "std": 0.5, "size": 32}


class OwnPatches(nn.Module):
    """Tokens of 8 x 8 pixels through one linear layer; mixed by softmax attention, linear attention or not at all."""

    def __init__(self, mix: str, *, mirrored: bool) -> None:
        super().__init__()
        self.mix, self.mirrored = mix, mirrored
        self.embed, self.mlp, self.head = (
            nn.Linear(192, 16),
            nn.Sequential(nn.Linear(16, 16), nn.ReLU()),
            nn.Linear(16, 5),
        )
        self.places = nn.Parameter(torch.randn(16, 16))

    def forward(self, x: Tensor) -> Tensor:
        x = x.flip(-1) if self.mirrored else x
        patches = x.reshape(len(x), 3, 4, 8, 4, 8).permute(0, 2, 4, 1, 3, 5).reshape(len(x), 16, -1)
        tokens = self.embed(patches) + self.places
        if self.mix == "softmax":
            tokens = tokens + (tokens @ tokens.mT / 4).softmax(-1) @ tokens
        elif self.mix == "linear":
            tokens = tokens + tokens.relu() @ (tokens.relu().mT @ tokens) / 16
        return self.head(self.mlp(tokens).mean(1))


@pytest.mark.parametrize("mix", ["softmax", "linear", "none"])
def test_its_map_lies_where_the_patches_do_or_is_refused(mix: str) -> None:
    plain = fitting(load_model(OwnPatches(mix, mirrored=False).eval(), **STATED))
    assert plain["grad-cam"] is None
    model = load_model(OwnPatches(mix, mirrored=True).eval(), **STATED)
    for method in ("grad-cam", "attention-rollout"):
        why = fitting(model)[method]
        if method == "grad-cam" or mix == "softmax":
            assert "cuts the image into tokens that lie in an order of their own, such as mirrored" in why
    assert offers.FEATURE_MAP not in model.offers
