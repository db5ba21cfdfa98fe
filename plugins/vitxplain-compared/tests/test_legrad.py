"""Against the definition, by autograd on a second model whose attention is eager."""

import pytest
import torch
import transformers
from torch import nn
from vitxplain_compared.legrad import LeGrad

from tests.explainers import tiny
from vitxplain.plugins import UnsupportedModelError


def slow(pixel_values: torch.Tensor, target: int | None, start_layer: int) -> torch.Tensor:
    """Layer by layer: the norm and the head on what the layer returns, and the gradient in its own weights."""
    module = tiny.vit_module("eager")
    found = module(pixel_values, output_attentions=True, output_hidden_states=True)
    classes = found.logits.argmax(-1) if target is None else torch.full((len(pixel_values),), target)
    maps = []
    for layer in range(start_layer, len(found.attentions)):
        hidden = found.hidden_states[layer + 1]
        logits = module.classifier(module.vit.layernorm(hidden)[:, 0])
        score = logits.gather(1, classes[:, None]).sum()
        (gradient,) = torch.autograd.grad(score, found.attentions[layer], retain_graph=True)
        maps.append(gradient.relu().mean((1, 2))[:, 1:])
    return torch.stack(maps).mean(0).unflatten(1, (3, 5))


@pytest.mark.parametrize(("target", "start_layer"), [(None, 0), (3, 0), (1, 2)])
def test_equals_the_definition(target: int | None, start_layer: int) -> None:
    images = tiny.images(3)
    found = LeGrad(start_layer=start_layer).explain(tiny.load(tiny.vit_module), images, target)
    expected = slow(images, target, start_layer)
    assert expected.std() > 0
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=1e-4)


@pytest.mark.parametrize("module", [tiny.distilled_module, tiny.registers_module], ids=["distilled", "registers"])
def test_models_with_more_tokens(module: object) -> None:
    model = tiny.load(module)
    maps = LeGrad().explain(model, tiny.images(2, model.processor.input_size))
    assert maps.shape == (2, model.grid.rows, model.grid.columns)
    assert maps.std() > 0


def test_one_target_an_image() -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(2)
    both = LeGrad().explain(model, images, [3, 1])
    alone = [LeGrad().explain(model, images[[i]], target) for i, target in enumerate((3, 1))]
    torch.testing.assert_close(both, torch.cat(alone), atol=1e-7, rtol=1e-4)


def test_a_stack_whose_blocks_are_one_module_is_refused() -> None:
    """One block run three times, as in ALBERT: no layer has a module of its own."""
    module = tiny.vit_module()
    block = module.vit.layers[0]
    module.vit.layers = nn.ModuleList([block] * 3)
    with pytest.raises(UnsupportedModelError, match="not modules of their own"):
        LeGrad().explain(tiny.as_model(module), tiny.images(1))


def test_a_model_of_one_layer_is_refused() -> None:
    config = transformers.ViTConfig(image_size=16, patch_size=8, hidden_size=16, num_hidden_layers=1)
    config.num_attention_heads, config.intermediate_size = 2, 32
    module = tiny.sharpened(transformers.ViTForImageClassification(config))
    with pytest.raises(UnsupportedModelError, match="not modules of their own"):
        LeGrad().explain(tiny.as_model(module, (16, 16)), tiny.images(1, (16, 16)))
