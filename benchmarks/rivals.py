"""Maps of other libraries for benchmarks/methods.py, at the layer and on the patches that our Grad-CAM takes.

Their own packages make them; only tokens are laid out as rows and columns. pytorch-grad-cam is in the extra `peers`.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from vitxplain.explainers.base import Explainer
from vitxplain.grid import TokenGrid
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import TargetLike
from vitxplain.types import PixelValues


class _Logits(nn.Module):
    def __init__(self, model: VisionModel) -> None:
        super().__init__()
        self.model, self.module = model, model.module

    def forward(self, images: Tensor) -> Tensor:
        return self.model.logits(images)


def _grid_and_layer(model: VisionModel, images: Tensor) -> tuple[TokenGrid, nn.Module]:
    found = model.probe((images.shape[-2], images.shape[-1]))
    assert found.grid is not None
    assert found.cam_layer is not None
    return found.grid, model.module.get_submodule(found.cam_layer)


@dataclass(frozen=True)
class PytorchGradCAM(Explainer):
    """One of the methods of pytorch-grad-cam, by the name of its class."""

    method: str = "GradCAM"

    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def explain(self, model: VisionModel, pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
        import pytorch_grad_cam
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        grid, layer = _grid_and_layer(model, pixel_values)

        def laid_out(tokens: Tensor) -> Tensor:
            return tokens[:, grid.patches].transpose(1, 2).unflatten(2, (grid.rows, grid.columns))

        classes = target.resolve(model.logits(pixel_values)).tolist()  # type: ignore[union-attr]
        with getattr(pytorch_grad_cam, self.method)(_Logits(model), [layer], reshape_transform=laid_out) as cam:
            return torch.from_numpy(cam(pixel_values, targets=[ClassifierOutputTarget(one) for one in classes]))


@dataclass(frozen=True)
class IntegratedGradients(Explainer):
    """captum's, from the mean colour on, the sum over channels of its magnitudes."""

    steps: int = 20

    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def explain(self, model: VisionModel, pixel_values: PixelValues, target: TargetLike = None) -> Tensor:
        from captum.attr import IntegratedGradients as Captum

        classes = target.resolve(model.logits(pixel_values))  # type: ignore[union-attr]
        found = Captum(_Logits(model)).attribute(pixel_values, target=classes, n_steps=self.steps)
        return found.abs().sum(1)


RIVALS: dict[str, Explainer] = {
    "captum IntegratedGradients": IntegratedGradients(),
    "pytorch-grad-cam GradCAM": PytorchGradCAM("GradCAM"),
    "pytorch-grad-cam LayerCAM": PytorchGradCAM("LayerCAM"),
}
