"""Every method through a whole model: fused attention against a second, eager instance and the oracles."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.explainers import tiny
from tests.oracles import cam as slow_cam
from tests.oracles.distance import mean_distance
from tests.oracles.relevance import gradient_attention, gradient_rollout
from tests.oracles.rollout import rollout
from tests.oracles.similarity import position_similarity
from vitxplain.errors import OptionError, UnsupportedModelError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_activation import GradientActivation
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.gradient_rollout import GradientRollout
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.patch_pca import PatchPCA
from vitxplain.explainers.patch_similarity import PatchSimilarity
from vitxplain.explainers.position_similarity import PositionSimilarity
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.tasks.base import LOGITS

ATTENTION = [AttentionRollout(), RawAttention(), HeadDistance()]
BY_GRADIENT = [GradientAttention(), GradientRollout()]
OF_FEATURES = [PatchSimilarity(), PatchPCA()]
OF_VITS = [*ATTENTION, *BY_GRADIENT, GradCAM(), GradientActivation(), PositionSimilarity(), *OF_FEATURES]
FITTING = {
    tiny.vit_module: OF_VITS,
    tiny.distilled_module: OF_VITS,
    tiny.registers_module: OF_VITS,
    tiny.swin_module: [RawAttention(), GradCAM(), GradientActivation(), CAM(), *OF_FEATURES],
    tiny.resnet_module: [GradCAM(), GradientActivation(), CAM(), *OF_FEATURES],
}
PAIRS = [pytest.param(b, e, id=f"{b.__name__}-{type(e).__name__}") for b, some in FITTING.items() for e in some]


def eager(target: list[int]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Attention of every layer and its gradient, (batch, head, query, key), from the eager instance."""
    output = tiny.vit_module("eager")(tiny.images(2), output_attentions=True)
    gradients = torch.autograd.grad(output.logits[torch.arange(2), target].sum(), output.attentions)
    return [[one.detach().double().numpy() for one in some] for some in (output.attentions, gradients)]


def close(result: Tensor, expected: list[NDArray[np.float64]], tolerance: float = 1e-5) -> None:
    wanted = torch.from_numpy(np.stack(expected)).float()
    torch.testing.assert_close(result, wanted, atol=tolerance * wanted.abs().max().item(), rtol=1e-4)


def test_rollout_of_fused_attention() -> None:
    attentions, _ = eager([1, 4])
    result = AttentionRollout("max", 0.5).explain(tiny.load(tiny.vit_module), tiny.images(2))
    close(result, [rollout([one[i] for one in attentions], (0,), 1, 3, 5, "max", 0.5) for i in range(2)])


@pytest.mark.parametrize(
    ("method", "slow"), [(GradientAttention(), gradient_attention), (GradientRollout(), gradient_rollout)]
)
def test_gradient_methods_of_fused_attention(method: Explainer, slow: Callable) -> None:
    attentions, gradients = eager([1, 4])
    result = method.explain(tiny.load(tiny.vit_module), tiny.images(2), [1, 4])
    expected = [slow([a[i] for a in attentions], [g[i] for g in gradients], (0,), 1, 3, 5) for i in range(2)]
    close(result, expected)


def test_raw_attention_and_distance_of_fused_attention() -> None:
    attentions, _ = eager([0, 0])
    maps, distances = shared_pass(tiny.load(tiny.vit_module), tiny.images(2), [RawAttention(), HeadDistance()]).maps
    for layer, weights in enumerate(attentions):
        close(maps[:, layer].flatten(-2), [one[:, 0, 1:] for one in weights])
        for image, head in np.ndindex(2, 2):
            pixels = mean_distance(weights[image, head], 1, 3, 5, (8.0, 8.0))
            assert distances[image, layer, head].item() == pytest.approx(pixels, rel=1e-4)


def test_position_similarity_of_the_models_table() -> None:
    module = tiny.vit_module()
    table = module.vit.embeddings.position_embeddings.detach()[0, 1:].view(3, 5, -1).double().numpy()
    result = PositionSimilarity().explain(tiny.as_model(module), tiny.images(2))
    close(result, [position_similarity(table)] * 2)


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("layer", [None, "resnet.encoder.stages.0"])
def test_grad_cam_of_a_convolutional_network(layer: str | None, relu: bool) -> None:
    module = tiny.resnet_module()
    node = module.get_submodule(layer or "resnet.encoder.stages.1")
    seen: list[Tensor] = []
    handle = node.register_forward_hook(lambda *call: seen.append(call[-1]))
    logits = module(tiny.images(2)).logits
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[:, 3].sum(), seen[0])
    result = GradCAM(layer, relu).explain(tiny.as_model(module), tiny.images(2), 3)
    pairs = zip(seen[0].detach().double().numpy(), gradient.double().numpy(), strict=True)
    close(result, [slow_cam.grad_cam(features, gradients, relu) for features, gradients in pairs])


def bias_of(module: nn.Module) -> Tensor:
    return [part for part in module.modules() if isinstance(part, nn.Linear)][-1].bias.detach()


@pytest.mark.parametrize("build", [tiny.resnet_module, tiny.swin_module])
def test_the_mean_of_cam_plus_the_bias_is_the_logit(build: Callable[[], nn.Module]) -> None:
    model = tiny.load(build)
    for target in range(5):
        found = shared_pass(model, tiny.images(2, tiny.SIZES.get(build, tiny.SIZE)), [CAM()], target)
        mean = found.maps[0].mean((1, 2)) + bias_of(model.module)[target]
        torch.testing.assert_close(mean, found.outputs[LOGITS][:, target], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("build", "method"), PAIRS)
def test_each_image_of_a_batch_stands_alone(build: Callable[[], nn.Module], method: Explainer) -> None:
    model, images = tiny.load(build), tiny.images(3, tiny.SIZES.get(build, tiny.SIZE))
    together = method.explain(model, images, [4, 0, 2])
    assert together.isfinite().all()
    assert len(together.shape) == len(method.axes.split())
    for index, target in enumerate([4, 0, 2]):
        alone = method.explain(model, images[[index]], target)
        torch.testing.assert_close(together[[index]], alone, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(("build", "method"), PAIRS)
def test_the_target_counts_if_and_only_if_the_method_says_so(build: Callable[[], nn.Module], method: Explainer) -> None:
    model, images = tiny.load(build), tiny.images(1, tiny.SIZES.get(build, tiny.SIZE))
    first, second = (method.explain(model, images, target) for target in (0, 1))
    assert torch.equal(first, second) != method.class_specific


@pytest.mark.parametrize("build", FITTING)
def test_sharing_a_pass_changes_nothing(build: Callable[[], nn.Module]) -> None:
    model, images = tiny.load(build), tiny.images(2, tiny.SIZES.get(build, tiny.SIZE))
    together = shared_pass(model, images, FITTING[build], 2).maps
    for method, result in zip(FITTING[build], together, strict=True):
        rounding = 1e-5 * float(result.abs().max())  # of sums over values as large as that, whatever comes out
        torch.testing.assert_close(result, method.explain(model, images, 2), atol=rounding, rtol=1e-5)


@pytest.mark.parametrize("build", FITTING)
def test_inference_mode_around_the_call_is_no_obstacle(build: Callable[[], nn.Module]) -> None:
    fresh, known, size = tiny.as_model(build()), tiny.load(build), tiny.SIZES.get(build, tiny.SIZE)
    with torch.inference_mode():
        inside = shared_pass(fresh, tiny.images(1, size), FITTING[build], 2).maps
    outside = shared_pass(known, tiny.images(1, size), FITTING[build], 2).maps
    for one, other in zip(inside, outside, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("build", FITTING)
def test_half_precision_models_give_finite_single_precision(build: Callable[[], nn.Module], dtype: torch.dtype) -> None:
    model = tiny.as_model(build().to(dtype), tiny.SIZES.get(build, tiny.SIZE))
    maps = shared_pass(model, tiny.images(1, tiny.SIZES.get(build, tiny.SIZE)), FITTING[build], 2).maps
    for one in maps:
        assert one.dtype == torch.float32
        assert one.isfinite().all()


@pytest.mark.parametrize("method", [*ATTENTION, *BY_GRADIENT, PositionSimilarity()], ids=lambda e: type(e).__name__)
def test_a_convolutional_network_has_no_attention(method: Explainer) -> None:
    with pytest.raises(UnsupportedModelError, match=r"no attention|no learned table"):
        method.explain(tiny.load(tiny.resnet_module), tiny.images(1))


def test_cam_needs_the_linear_head_and_its_own_layer() -> None:
    with pytest.raises(UnsupportedModelError, match="global average pooling"):
        CAM().explain(tiny.load(tiny.vit_module), tiny.images(1))
    with pytest.raises(OptionError, match="not the one whose average the linear head reads"):
        CAM("resnet.encoder.stages.0").explain(tiny.load(tiny.resnet_module), tiny.images(1))
