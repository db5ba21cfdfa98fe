"""What is measured: our methods and their peers, each as a function of a ViT-B/16 and a batch of noise."""

from collections.abc import Callable

import torch
from torch import Tensor
from transformers import ViTConfig, ViTForImageClassification

from vitxplain.explainers.affinity_attention import AffinityAttention
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.position_similarity import PositionSimilarity
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.loading.load import load_model

FIVE = (AttentionRollout(), RawAttention(), HeadDistance(), GradCAM(), PositionSimilarity())
OURS: dict[str, tuple[Explainer, ...]] = {
    "raw-attention": (RawAttention(),),
    "attention-rollout": (AttentionRollout(),),
    "head-distance": (HeadDistance(),),
    "grad-cam": (GradCAM(),),
    "gradient-attention": (GradientAttention(),),
    "affinity-attention": (AffinityAttention(),),
    "the five together": FIVE,
}
PEERS = {
    "transformers, eager output_attentions + rollout": "attention-rollout",
    "captum LayerGradCam": "grad-cam",
    "pytorch-grad-cam": "grad-cam",
    "timm AttentionExtract": "raw-attention",
}
PLAIN = "plain forward pass"

Case = Callable[[], object]


def case(name: str, size: int, batch: int) -> Case:
    """The named case as a function without arguments, everything loaded and probed."""
    torch.manual_seed(0)
    images = torch.randn(batch, 3, size, size)
    if name == "timm AttentionExtract":
        return _timm(images)
    implementation = "eager" if name.startswith("transformers") else "sdpa"
    config = ViTConfig(image_size=size, num_labels=1000, attn_implementation=implementation)
    vit = ViTForImageClassification(config).eval()
    if name in OURS:
        model = load_model(vit, mean=(0.5,) * 3, std=(0.5,) * 3, size=(size, size))
        model.probe((size, size))
        return lambda: shared_pass(model, images, OURS[name])
    if name == PLAIN:
        return torch.no_grad()(lambda: vit(images))
    return {"transformers": _eager_rollout, "captum LayerGradCam": _captum, "pytorch-grad-cam": _pytorch_grad_cam}[
        name.split(",")[0]
    ](vit, images)


def _eager_rollout(vit: ViTForImageClassification, images: Tensor) -> Case:
    @torch.no_grad()
    def run() -> Tensor:
        attentions = vit(images, output_attentions=True).attentions
        rollout = torch.eye(attentions[0].shape[-1])
        for attention in attentions:
            mixed = 0.5 * attention.mean(1) + 0.5 * torch.eye(attention.shape[-1])
            rollout = mixed / mixed.sum(-1, keepdim=True) @ rollout
        return rollout

    return run


def _as_map(tokens: Tensor) -> Tensor:
    side = round((tokens.shape[1] - 1) ** 0.5)
    return tokens[:, 1:].transpose(1, 2).unflatten(2, (side, side))


class _Logits(torch.nn.Module):
    def __init__(self, vit: ViTForImageClassification) -> None:
        super().__init__()
        self.vit = vit

    def forward(self, images: Tensor) -> Tensor:
        return self.vit(images).logits


def _captum(vit: ViTForImageClassification, images: Tensor) -> Case:
    from captum.attr import LayerGradCam

    class Rows(torch.nn.Module):
        """captum wants (batch, channel, row, column): a view inside the network."""

        def forward(self, maps: Tensor) -> Tensor:
            return maps

    rows = Rows()

    def through(_module: torch.nn.Module, _args: object, tokens: Tensor) -> Tensor:
        return torch.cat([tokens[:, :1], rows(_as_map(tokens)).flatten(2).transpose(1, 2)], 1)

    vit.vit.layers[-1].layernorm_before.register_forward_hook(through)
    cam = LayerGradCam(_Logits(vit), rows)
    for parameter in vit.parameters():
        parameter.requires_grad_(False)
    start = torch.nn.Parameter(torch.zeros(1))
    vit.vit.layers[-2].register_forward_hook(lambda _m, _a, out: out + start)
    return lambda: cam.attribute(images, target=0)


def _pytorch_grad_cam(vit: ViTForImageClassification, images: Tensor) -> Case:
    from pytorch_grad_cam import GradCAM as PytorchGradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    cam = PytorchGradCAM(_Logits(vit), [vit.vit.layers[-1].layernorm_before], reshape_transform=_as_map)
    return lambda: cam(images, targets=[ClassifierOutputTarget(0)] * len(images))


def _timm(images: Tensor) -> Case:
    import timm
    from timm.utils import AttentionExtract

    timm.layers.set_fused_attn(False)  # the extractor finds the softmax by name; fused attention has none
    vit = timm.create_model("vit_base_patch16_224", img_size=images.shape[-1]).eval()
    extract = AttentionExtract(vit, method="fx")
    return torch.no_grad()(lambda: extract(images))
