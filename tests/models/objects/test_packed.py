"""Weights that libraries of quantisation pack: looked through, hashed and differentiated past."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError
from vitxplain.models.objects.packed import stored

PIXELS = torch.linspace(-1, 1, 3 * 16 * 16).reshape(3, 16, 16)


class Packed(Tensor):
    """Whole numbers and a scale for each row, as torchao has them: it can be multiplied with and nothing else."""

    @staticmethod
    def __new__(cls, numbers: Tensor, scale: Tensor) -> "Packed":
        return Tensor._make_wrapper_subclass(cls, numbers.shape, dtype=scale.dtype, device=scale.device)

    def __init__(self, numbers: Tensor, scale: Tensor) -> None:
        self.numbers, self.scale = numbers, scale

    def __tensor_flatten__(self) -> tuple[list[str], None]:
        return ["numbers", "scale"], None

    @staticmethod
    def __tensor_unflatten__(inner: dict[str, Tensor], *_: Any) -> "Packed":
        return Packed(inner["numbers"], inner["scale"])

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.linear:
            values, weight, bias = args
            return F.linear(values, weight.numbers * weight.scale, bias)
        return super().__torch_function__(func, types, args, kwargs)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.detach.default:
            return args[0]
        raise NotImplementedError(func)


def network(scale: float = 0.1) -> nn.Module:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 4, 8, 8), nn.Flatten(2), nn.Linear(4, 8), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)
    )
    numbers = torch.randint(-9, 9, (8, 4), dtype=torch.int8)
    module[2].weight = nn.Parameter(Packed(numbers, torch.full((8, 1), scale)), requires_grad=False)
    return module.eval()


def test_a_tensor_is_stored_in_itself_or_in_others() -> None:
    weight = network()[2].weight
    assert [one.dtype for one in stored(weight)] == [torch.int8, torch.float32]
    plain = torch.zeros(2)
    assert [one is plain for one in stored(plain)] == [True]


def test_broken_scales_are_found() -> None:
    with pytest.raises(ModelLoadError, match=r"2\.weight holds NaN"):
        load_model(network(scale=float("nan")), mean=0.5, std=0.5, size=16)
    load_model(network(), mean=0.5, std=0.5, size=16)


def test_weights_of_eight_bits_are_found_finite() -> None:
    module = network()
    module.register_buffer("scales", torch.ones(3).to(torch.float8_e4m3fn))
    load_model(module, mean=0.5, std=0.5, size=16)


def test_it_is_explained_as_the_network_with_its_weights_unpacked(tmp_path: Path) -> None:
    module = network()
    packed = module[2].weight
    found = explain(module, PIXELS, "grad-cam")
    found.save(tmp_path)  # hashes its weights
    module[2].weight = nn.Parameter(packed.numbers * packed.scale)
    np.testing.assert_allclose(found.values, explain(module, PIXELS, "grad-cam").values, rtol=1e-5)
