"""Principal components of patch features, three of them as colours (Oquab et al. 2023, arXiv 2304.07193)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Literal, TypeAlias, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.base import JointExplainer
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.options.checks import check_choice, check_flag, check_name
from vitxplain.types import FeatureMap

Shared: TypeAlias = Literal["call", "image"]
COMPONENTS: Final = 3
_NOTHING: Final = 1e-5  # of the first component's spread: what is less is rounding


@dataclass(frozen=True)
class PatchPCA(JointExplainer):
    """The first three principal components of the features of patches (Oquab et al. 2023, arXiv 2304.07193).

    Args:
        layer: the node whose output holds the features; None takes the last one in patch layout, a ViT's last norm.
        foreground: leave the background out, and take the components of the rest: of the two sides that the first
            component parts at its mean, the background is the one that holds more of the images' border.
        basis: whose components they are: "call" takes the patches of all images of one call together, so that a colour
            means the same in each of them; "image" each image's own.

    Values are in standard deviations over those patches, each component with the sign that makes its largest weight
    positive; the background is 0 in all three. `explain` of this object itself takes each image's own. Not about a
    class.
    """

    layer: str | None = None
    foreground: bool = False
    basis: Shared = "call"
    _common: "tuple[Basis, Foreground | None] | None" = field(default=None, init=False, repr=False, compare=False)

    needs: ClassVar[frozenset[str]] = frozenset({PATCH_FEATURES})
    axes: ClassVar[str] = "batch component row column"
    class_specific: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_name("layer", self.layer)
        check_flag("foreground", self.foreground)
        check_choice("basis", self.basis, get_args(Shared))

    @property
    def is_joint(self) -> bool:
        return self.basis == "call" and self._common is None

    def over(self, features: Callable[[], Iterable[FeatureMap]]) -> "PatchPCA":
        """With the components of the patches of all images; passes over them twice where the background is left out."""
        basis = basis_of(map(_patches, _images(features())))
        if basis is None:  # no image could be read
            return self
        common = basis, common_foreground(basis, features) if self.foreground else None
        joint = replace(self)
        object.__setattr__(joint, "_common", common)
        return joint

    def attribute(self, activation: LayerActivation) -> Float[Tensor, "batch component row column"]:
        if self._common is None:
            return torch.stack([self._of_image(features) for features in activation.values])
        return torch.stack([_by_common(features, *self._common) for features in activation.values])

    def _of_image(self, features: Float[Tensor, "channel row column"]) -> Float[Tensor, "component row column"]:
        patches = _patches(features)
        scores = components(patches, COMPONENTS)
        if self.foreground:
            inside = foreground(scores[:, 0].unflatten(0, features.shape[1:])).flatten()
            scores = _where(inside, components(patches[inside], COMPONENTS))
        return scores.T.unflatten(1, features.shape[1:]).float()


@dataclass(frozen=True, eq=False)
class Basis:
    """Principal components of patches: their mean, the weights of each component and its standard deviation.

    A component that is not there, where patches are fewer or do not vary, has no weights.
    """

    mean: Float[Tensor, " channel"]
    weights: Float[Tensor, "component channel"]
    deviations: Float[Tensor, " component"]

    def scores(self, patches: Float[Tensor, "patch channel"]) -> Float[Tensor, "patch component"]:
        """The patches in standard deviations of those the components are of."""
        return (patches - self.mean.to(patches)) @ (self.weights / self.deviations[:, None]).T.to(patches)


@dataclass(frozen=True, eq=False)
class Foreground:
    """Which side of the first component is none of the background, and the components of its patches."""

    is_positive: bool
    basis: Basis


class Moments:
    """Sums over patches, as they come: no patch is kept. Counted from the mean of the first ones, for precision."""

    def __init__(self, first: Float[Tensor, "patch channel"]) -> None:
        self._from = first.mean(0)
        self._count = 0
        self._total = torch.zeros_like(self._from)
        self._products = torch.zeros(len(self._from), len(self._from), dtype=first.dtype, device=first.device)
        self._squares = torch.zeros((), dtype=first.dtype, device=first.device)  # from zero

    def add(self, patches: Float[Tensor, "patch channel"]) -> None:
        moved = patches - self._from
        self._count += patches.shape[0]
        self._total += moved.sum(0)
        self._products += moved.T @ moved
        self._squares += patches.square().sum()

    def basis(self, count: int = COMPONENTS) -> Basis:
        """As `components` has them of all patches at once."""
        number = max(self._count, 1)
        centred = self._products - torch.outer(self._total, self._total) / number
        spreads, vectors = torch.linalg.eigh(centred)
        spread, weights = spreads.flip(0)[:count].clamp_min(0).sqrt(), vectors.T.flip(0)[:count]
        there = spread > _NOTHING * self._squares.sqrt().clamp_min(1e-30)
        signs = weights.gather(1, weights.abs().argmax(1, keepdim=True))[:, 0].sign()
        weights = weights * (signs * there)[:, None]
        deviations = torch.where(there, spread / max(number - 1, 1) ** 0.5, 1)
        missing = count - weights.shape[0]
        pad = torch.nn.functional.pad
        mean = self._from + self._total / number
        return Basis(mean, pad(weights, (0, 0, 0, missing)), pad(deviations, (0, missing), value=1.0))


def basis_of(images: Iterable[Float[Tensor, "patch channel"]]) -> Basis | None:
    """The components of the patches of all images together; None where there is no image."""
    moments: Moments | None = None
    for patches in images:
        moments = moments or Moments(patches)
        moments.add(patches)
    return None if moments is None else moments.basis()


def common_foreground(basis: Basis, features: Callable[[], Iterable[FeatureMap]]) -> Foreground:
    """The side of the first component that holds less of the border of all images, as a share of its places."""
    sides: dict[bool, Moments] = {}
    on_border = positive_there = 0
    for image in _images(features()):
        patches = _patches(image)
        positive = basis.scores(patches)[:, 0] > 0
        border = _border(positive.unflatten(0, image.shape[1:])).flatten()
        on_border += int(border.sum())
        positive_there += int((border & positive).sum())
        for side in (True, False):
            own = patches[positive == side]
            if own.shape[0]:
                sides.setdefault(side, Moments(own)).add(own)
    is_positive = positive_there <= on_border / 2
    side = is_positive if is_positive in sides else not is_positive
    return Foreground(side, sides[side].basis())


def components(patches: Float[Tensor, "patch channel"], count: int) -> Float[Tensor, "patch component"]:
    """The first principal components of the patches, each with variance 1 over them; 0 where there are fewer.

    Their signs are scikit-learn's: of a component's weights the largest is positive.
    """
    centred = patches - patches.mean(0)
    left, spread, weights = torch.linalg.svd(centred, full_matrices=False)
    number = min(count, len(spread))
    there = spread[:number] > _NOTHING * patches.norm().clamp_min(1e-30)
    largest = weights[:number].abs().argmax(1, keepdim=True)
    signs = weights[:number].gather(1, largest)[:, 0].sign()
    scores = left[:, :number] * (signs * there) * max(len(patches) - 1, 1) ** 0.5
    return torch.nn.functional.pad(scores, (0, count - number))


def foreground(first: Float[Tensor, "row column"]) -> Bool[Tensor, "row column"]:
    """The side of the first component that holds less of the border, as shares of its patches there."""
    positive = first > 0
    return positive if positive[_border(positive)].float().mean() <= 0.5 else ~positive


def _by_common(
    features: Float[Tensor, "channel row column"], basis: Basis, of_inside: Foreground | None
) -> Float[Tensor, "component row column"]:
    patches = _patches(features)
    scores = basis.scores(patches)
    if of_inside is not None:
        inside = (scores[:, 0] > 0) == of_inside.is_positive
        scores = _where(inside, of_inside.basis.scores(patches[inside]))
    return scores.T.unflatten(1, features.shape[1:]).float()


def _border(places: Bool[Tensor, "row column"]) -> Bool[Tensor, "row column"]:
    border = torch.ones_like(places)
    border[1:-1, 1:-1] = False
    return border


def _images(batches: Iterable[Float[Tensor, "_ channel _ _"]]) -> Iterator[Float[Tensor, "channel _ _"]]:
    for batch in batches:
        yield from batch


def _patches(features: Float[Tensor, "channel row column"]) -> Float[Tensor, "patch channel"]:
    return features.flatten(1).T.double()


def _where(inside: Bool[Tensor, " patch"], scores: Float[Tensor, "inside component"]) -> Tensor:
    """The scores at the patches inside, else 0."""
    everywhere = scores.new_zeros(inside.shape[0], scores.shape[1])
    return everywhere.masked_scatter(inside[:, None].expand_as(everywhere), scores)
