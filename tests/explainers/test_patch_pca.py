"""Principal components of patch features: by loops, by scikit-learn, and with the background left out."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from tests.oracles.features import components as slow_components
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.patch_pca import PatchPCA, components, foreground


def patches(number: int = 20, channels: int = 6, seed: int = 0) -> torch.Tensor:
    mixed = torch.randn(number, channels, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return mixed * torch.tensor([5.0, 3, 2, 1, 0.5, 0.1][:channels]) + 7


def test_equals_power_iteration_and_scikit_learn() -> None:
    result = components(patches(), 3)
    torch.testing.assert_close(result, torch.from_numpy(slow_components(patches().numpy(), 3)), atol=1e-8, rtol=0)
    library = PCA(3, whiten=True, svd_solver="full").fit_transform(patches().numpy())
    torch.testing.assert_close(result, torch.from_numpy(library), atol=1e-8, rtol=0)
    torch.testing.assert_close(result.var(0), torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("features", [patches(5, 2), patches()[:, :1].expand(-1, 6), torch.full((6, 4), 3.0).double()])
def test_components_that_are_not_there_are_zero(features: torch.Tensor) -> None:
    result = components(features, 3)
    rank = int(torch.linalg.matrix_rank(features - features.mean(0)))
    assert result.isfinite().all()
    assert (result.abs().amax(0) > 1e-6).tolist() == [number < rank for number in range(3)]


def joint(images: list[torch.Tensor], **options: object) -> PatchPCA:
    return PatchPCA(**options).over(lambda: [image.float()[None] for image in images])


def test_images_of_a_call_share_their_components() -> None:
    images = [patches(15, 6, 1).T.reshape(6, 3, 5), 3 * patches(8, 6, 2).T.reshape(6, 2, 4)]  # of two sizes
    every = torch.cat([image.flatten(1).T for image in images])
    expected = torch.from_numpy(PCA(3, whiten=True, svd_solver="full").fit_transform(every.numpy())).float()
    method = joint(images)
    found = [method.attribute(LayerActivation("layer", image.float()[None]))[0].flatten(1).T for image in images]
    torch.testing.assert_close(torch.cat(found), expected, atol=1e-4, rtol=0)
    assert eval(repr(method)) == method == PatchPCA()
    assert (PatchPCA().is_joint, method.is_joint, PatchPCA(basis="image").is_joint) == (True, False, False)
    alone = joint(images[:1]).attribute(LayerActivation("layer", images[0].float()[None]))
    own = PatchPCA().attribute(LayerActivation("layer", images[0].float()[None]))
    torch.testing.assert_close(alone, own, atol=1e-4, rtol=0)


def test_images_of_a_call_share_their_background() -> None:
    first, second = (patches(30, 6, seed).T.reshape(6, 5, 6).clone() for seed in (1, 2))
    first[:, 1:4, 1:4] += 100
    second[:, :3, :] += 100  # alone, this larger part with more of the border would be the background
    method = joint([first, second], foreground=True)
    found = [method.attribute(LayerActivation("layer", image.float()[None]))[0] for image in (first, second)]
    inside = [image.mean(0) > 50 for image in (first, second)]
    for values, own in zip(found, inside, strict=True):
        assert torch.equal((values != 0).all(0), own)
    every = torch.cat([image[:, own].T for image, own in zip((first, second), inside, strict=True)])
    torch.testing.assert_close(
        torch.cat([values[:, own].T for values, own in zip(found, inside, strict=True)]),
        components(every, 3).float(), atol=1e-3, rtol=0,
    )  # fmt: skip


def test_each_image_has_components_of_its_own() -> None:
    values = torch.stack([patches(15, 6, seed).T.view(6, 3, 5) for seed in (1, 2)]).float()
    result = PatchPCA().attribute(LayerActivation("layer", values))
    assert result.shape == (2, 3, 3, 5)
    expected = components(values[1].flatten(1).T.double(), 3).float()
    torch.testing.assert_close(result[1].flatten(1).T, expected)


def test_the_background_is_the_side_of_the_border_and_is_left_out() -> None:
    values = patches(30, 6).T.view(6, 5, 6).clone().float()
    values[:, 1:4, 1:4] += 100  # a thing in the middle
    for sign in (1, -1):
        result = PatchPCA(foreground=True).attribute(LayerActivation("layer", sign * values[None]))[0]
        inside = torch.zeros(5, 6, dtype=torch.bool)
        inside[1:4, 1:4] = True
        assert torch.equal((result != 0).all(0), inside)
        alone = components((sign * values)[:, inside].T.double(), 3).float()
        torch.testing.assert_close(result[:, inside].T, alone)
    first = torch.tensor(np.outer([-1, 1, 1, -1], [-1, 1, 1, -1])) > 0
    assert foreground(first * 2.0 - 1).sum() < first.numel()
