import pytest
import torch

from tests.explainers.planted import COLUMNS, GREEN, RED, ROWS, PlantedCNN, PlantedViT, picture, planted
from vitxplain.explainers.affinity_attention import AffinityAttention
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.gradient_rollout import GradientRollout
from vitxplain.explainers.raw_attention import RawAttention

CASES = [
    (PlantedCNN, CAM()),
    (PlantedCNN, GradCAM()),
    (PlantedViT, GradCAM()),
    (PlantedViT, GradientAttention()),
    (PlantedViT, GradientRollout()),
    (PlantedViT, AffinityAttention()),
]


def peak(values: torch.Tensor) -> tuple[int, int]:
    return divmod(int(values.flatten().argmax()), values.shape[-1])


def test_the_probe_finds_the_grid_behind_the_registers() -> None:
    grid = planted(PlantedViT()).grid
    assert grid is not None
    assert (grid.rows, grid.columns, grid.num_prefix_tokens, grid.readout_tokens) == (ROWS, COLUMNS, 5, (0,))


@pytest.mark.parametrize(("target", "place"), [(0, RED), (1, GREEN)])
@pytest.mark.parametrize(("module", "method"), CASES, ids=lambda case: getattr(case, "__name__", type(case).__name__))
def test_every_class_specific_method_peaks_at_the_patch(
    module: type, method: Explainer, target: int, place: tuple[int, int]
) -> None:
    assert method.class_specific
    result = method.explain(planted(module()), picture(), target)
    assert result.shape == (1, ROWS, COLUMNS)
    assert peak(result[0]) == place
    second = result.flatten().topk(2).values[1]
    # What is shared, and what a second view sees half a patch along, lies beside it.
    assert result.max() > (1.5 if isinstance(method, AffinityAttention) else 2) * second.abs()


@pytest.mark.parametrize(("head", "place"), [(0, RED), (1, GREEN)])
def test_each_head_looks_at_its_colour(head: int, place: tuple[int, int]) -> None:
    maps = RawAttention(layer=-1, head=head).explain(planted(PlantedViT()), picture())
    assert peak(maps[0, 0, 0]) == place
