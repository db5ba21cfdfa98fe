"""Which attention the logits depend on, which of it their gradient reaches, and which of it learned queries ask."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.capture.watching import Attention
from tests.models.probing.test_token_order import Latents
from tests.models.tiny_classifier import SIZE, TinyClassifier, as_model, fused, images
from vitxplain.capture.weights import ExplicitWeights
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.probing.dependence import factors
from vitxplain.models.probing.observe import observe


class Aside(TinyClassifier):
    """Attention that runs, and whose result nobody uses (SigLIP's pooling head)."""

    def __init__(self) -> None:
        super().__init__()
        self.aside = Attention(fused)

    def forward(self, pixel_values: Tensor) -> Tensor:
        self.aside(self.tokens(pixel_values))
        return super().forward(pixel_values)


class Detached(TinyClassifier):
    """Its first block moves the logits, but no gradient passes it."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        x = self.tokens(pixel_values)
        x = x + self.blocks[0](x).detach()
        return self.head(self.read(self.norm(self.blocks[1](x))))


def test_whether_calls_are_used_and_reached() -> None:
    aside, detached = observe(as_model(Aside()), SIZE).calls, observe(as_model(Detached()), SIZE).calls
    assert [(call.used, call.reached) for call in aside] == [(False, False), (True, True), (True, True)]
    assert [(call.used, call.reached) for call in detached] == [(True, False), (True, True)]


def test_without_a_graph_nothing_is_reached() -> None:
    calls = observe(as_model(Aside()), SIZE, graph=False).calls
    assert not any(call.reached for call in calls)
    assert not any(call.learned_queries for call in calls)


def test_queries_that_do_not_depend_on_the_image() -> None:
    assert [call.learned_queries for call in observe(as_model(Latents(fused)), SIZE).calls] == [True, False]


def test_attention_left_aside_is_not_shown() -> None:
    model, plain = as_model(Aside()), as_model(TinyClassifier())
    assert [layout.kind for layout in model.probe().layouts] == ["unused", "token", "token"]
    for method in (AttentionRollout(), GradientAttention(), RawAttention()):
        torch.testing.assert_close(method.explain(model, images()), method.explain(plain, images()))


@pytest.mark.parametrize("frozen", [True, False])
def test_weights_that_mix_heads_are_no_queries(*, frozen: bool) -> None:
    query, key, value = (torch.randn(1, 2, 5, 4, requires_grad=True) for _ in range(3))
    mixing = torch.randn(2, 2, requires_grad=not frozen)
    scores = query @ key.transpose(-2, -1)
    mixed = F.linear(scores.permute(0, 2, 3, 1), mixing).permute(0, 3, 1, 2)
    leaves = set()
    todo = factors(ExplicitWeights(mixed.softmax(-1), value))
    assert len(todo) == 2
    while todo:
        step = todo.pop()
        leaves |= {id(step.variable)} if hasattr(step, "variable") else set()
        todo += [before for before, _ in step.next_functions if before is not None]
    assert leaves == {id(query), id(key)}
