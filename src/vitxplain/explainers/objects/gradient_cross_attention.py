"""Gradient x attention relevance of an encoder and a decoder (Chefer et al. 2021, arXiv 2103.15679, section 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from vitxplain.capture.deformable.weights import DeformableGradients
from vitxplain.capture.layout import AttentionLayout, Patches, spread
from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import DecoderExplainer, DecoderLayer
from vitxplain.explainers.gradient_attention import positive_gradient_attention
from vitxplain.explainers.objects.cross_attention import places
from vitxplain.models.offers import DECODER_GRADIENTS, DECODER_QUERIES
from vitxplain.options.checks import check_flag
from vitxplain.types import PatchMap, TokenMatrix, TokenVector


@dataclass(frozen=True)
class GradientCrossAttention(DecoderExplainer):
    """Attention weighted by its gradient, followed from a query through decoder and encoder (Chefer et al. 2021).

    Args:
        encoder: go on through the encoder's attention to its input; else the map is about its output. Where
            convolutions follow the encoder, or there is none, that is so anyway.

    What gradient-attention is on plain ViTs. The gradient is that of the target's raw score, so values scale with the
    model's logits. Never negative.
    """

    encoder: bool = True

    needs: ClassVar[frozenset[str]] = frozenset({DECODER_QUERIES, DECODER_GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_flag("encoder", self.encoder)

    @property
    def never_negative(self) -> bool:
        return True

    def wants(self, layout: AttentionLayout) -> bool:
        return self.encoder or not _is_of_encoder(layout)

    def keep(self, record: AttentionRecord) -> Tensor:
        """Equation 5: (batch, query, key); of a deformable encoder the numbers that are not zero (`_entries`)."""
        if _is_of_encoder(record.layout) and isinstance(record.source_gradients, DeformableGradients):
            return _entries(record.source_gradients, record.layout.heads)
        return positive_gradient_attention(record)

    def combine(self, layers: Sequence[DecoderLayer], query: int) -> PatchMap:
        """The query's row of R_qi, carried back: R_qi is a sum over all calls that read the image.

        Equations 6 to 10: R_ii += A R_ii in the encoder, R_qq += A R_qq and R_qi += A R_qi where queries ask each
        other, and R_qi += norm(R_qq)^T A norm(R_ii) where they ask the image.
        """
        encoder = [layer.kept for layer in layers if _is_of_encoder(layer.layout)]
        decoder = [layer for layer in layers if not _is_of_encoder(layer.layout)]
        before = _among_queries(decoder)
        row = torch.zeros_like(before[0][:, 0])
        row[:, query] = 1
        read: dict[Patches, TokenVector] = {}
        for layer, among_queries in reversed(list(zip(decoder, before, strict=True))):
            if layer.layout.reads_image:
                places_of = places(layer.layout)
                gained = _times(_times(row, normalised(among_queries).mT), layer.kept)
                read[places_of] = read[places_of] + gained if places_of in read else gained
            else:
                row = row + _times(row, layer.kept)
        maps = [asked.to_map(_through(encoder, reads) if encoder else reads) for asked, reads in read.items()]
        finest = max((one.shape[-2:] for one in maps), key=prod)
        return torch.stack([spread(one, (finest[0], finest[1])) for one in maps]).sum(0)


def normalised(rest: TokenMatrix) -> TokenMatrix:
    """Equations 8 and 9, of R - I: the identity, and each row divided by its sum; a row of zeros adds nothing.

    R itself is never made: beside the identity small numbers are lost, which divided by their sum are no longer small.
    """
    identity = torch.eye(rest.shape[-1], dtype=rest.dtype, device=rest.device)
    return identity + _divided(rest, rest.sum(-1, keepdim=True))


def _among_queries(decoder: Sequence[DecoderLayer]) -> list[TokenMatrix]:
    """R_qq - I before each call."""
    first = decoder[0].kept
    rest = first.new_zeros(len(first), first.shape[1], first.shape[1])
    before = []
    for layer in decoder:
        before.append(rest)
        if not layer.layout.reads_image:
            rest = rest + layer.kept + layer.kept @ rest
    return before


def _through(encoder: Sequence[Tensor], row: TokenVector) -> TokenVector:
    """`row norm(R_ii)` without the matrix: the sums of its rows are the matrix times ones."""
    sums = torch.zeros_like(row)  # of R_ii - I
    for attention in encoder:
        sums = sums + _applied(attention, 1 + sums)
    shares = _divided(row, sums)
    gained = torch.zeros_like(row)  # shares (R_ii - I)
    for attention in reversed(encoder):
        gained = gained + _times(shares + gained, attention)
    return row + gained


def _divided(values: Tensor, sums: Tensor) -> Tensor:
    return (values / sums).masked_fill(sums == 0, 0.0)


def _entries(gradients: DeformableGradients, heads: int) -> Tensor:
    """(batch, 2, query, head and entry): places, and the positive part of gradient x attention there, over the heads.

    A full matrix of all places of all levels would not fit into memory. Places are whole numbers, exact in fp32.
    """
    indices, values = gradients.entry_products()
    values = values.relu() / heads
    stacked = torch.stack([indices.to(values), values], 1).unflatten(0, (-1, heads))
    return stacked.permute(0, 2, 3, 1, 4).flatten(3)


def _times(row: Tensor, attention: Tensor) -> Tensor:
    """`row A`."""
    if attention.dim() == 3:
        return (row.unsqueeze(1) @ attention).squeeze(1)
    indices, values = attention.unbind(1)
    return torch.zeros_like(row).scatter_add(1, indices.long().flatten(1), (row[..., None] * values).flatten(1))


def _applied(attention: Tensor, column: Tensor) -> Tensor:
    """`A column`."""
    if attention.dim() == 3:
        return (attention @ column.unsqueeze(2)).squeeze(2)
    indices, values = attention.unbind(1)
    return (column.gather(1, indices.long().flatten(1)).view_as(values) * values).sum(-1)


def _is_of_encoder(layout: AttentionLayout) -> bool:
    return layout.kind in ("token", "levels")
