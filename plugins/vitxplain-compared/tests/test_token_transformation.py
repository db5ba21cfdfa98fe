"""Against the definition, on a second model whose attention is eager."""

import torch
from vitxplain_compared.token_transformation import TokenTransformation
from vitxplain_compared.transformations import transformation

from tests.explainers import tiny


def slow(pixel_values: torch.Tensor, target: int) -> torch.Tensor:
    module = tiny.vit_module("eager")
    found = module(pixel_values, output_attentions=True, output_hidden_states=True)
    gradients = torch.autograd.grad(found.logits[:, target].sum(), found.attentions)
    relevance = torch.diag_embed(found.hidden_states[0].norm(dim=-1))
    for layer, (attention, gradient) in enumerate(zip(found.attentions, gradients, strict=True)):
        before, after = found.hidden_states[layer], found.hidden_states[layer + 1]
        cosine = (before * after).sum(-1) / before.norm(dim=-1) / after.norm(dim=-1)
        weight = after.norm(dim=-1) / before.norm(dim=-1) * cosine.exp() / cosine.exp().mean(-1, keepdim=True)
        bar = (attention * gradient).relu().mean(1)
        relevance = relevance + bar @ torch.diag_embed(weight) @ relevance
    return relevance[:, 0, 1:].detach().unflatten(1, (3, 5))


def test_equals_the_definition() -> None:
    images = tiny.images(3)
    found = TokenTransformation().explain(tiny.load(tiny.vit_module), images, 2)
    torch.testing.assert_close(found, slow(images, 2), atol=1e-5, rtol=1e-3)


def test_large_images_that_pass_one_by_one_keep_their_own_weights(monkeypatch) -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(3)
    together = TokenTransformation().explain(model, images, 2)
    monkeypatch.setattr("vitxplain.explainers.passes.shared_pass.PIXELS_AT_ONCE", images[0, 0].numel())
    torch.testing.assert_close(TokenTransformation().explain(model, images, 2), together, atol=1e-6, rtol=1e-4)


def test_a_token_that_stays_as_it_is_among_such_tokens_weighs_one() -> None:
    tokens = torch.randn(2, 4, 8)
    torch.testing.assert_close(transformation(tokens, tokens), torch.ones(2, 4))
    torch.testing.assert_close(transformation(tokens, 3 * tokens), torch.full((2, 4), 3.0))
