"""Where the graph of a pass begins, and what is watched from there on."""

import torch
from torch import nn
from torch.overrides import _len_torch_function_stack

from tests.capture.watching import Recorder
from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.layer_tap import layer_tap
from vitxplain.capture.sound_graph import graph_start


class TalkingHeads(nn.Module):
    """Written-out attention whose heads are mixed by a linear layer, as CaiT's."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.mixing = nn.Linear(8, 8), nn.Linear(2, 2)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        heads = self.stem(tokens).unflatten(-1, (2, 4)).transpose(1, 2)
        weights = (heads @ heads.mT).softmax(-1)
        return self.mixing(weights.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) @ heads


def test_attention_is_followed_through_a_graph_that_begins_after_the_tap() -> None:
    module, recorder, tokens = TalkingHeads(), Recorder(), torch.randn(1, 5, 8)
    with torch.no_grad():
        before = _len_torch_function_stack()
        with (
            graph_start() as begin,
            AttentionTap(module, recorder),
            layer_tap(module, ["stem"], differentiable=True, begin=begin) as outputs,
        ):
            score = module(tokens)[0, :, 2].sum()
        assert _len_torch_function_stack() == before
    assert len(recorder.seen) == 1
    assert not recorder.hidden
    (found,) = torch.autograd.grad(score, outputs["stem"])
    leaf = module.stem(tokens).detach().requires_grad_()
    module.stem = nn.Identity()
    (expected,) = torch.autograd.grad(module(leaf)[0, :, 2].sum(), leaf)
    torch.testing.assert_close(found, expected)
