"""A model's decoder: which of its attention calls say what an object query, or a segment's, reads of the image."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.layout import AttentionLayout, Patches, Queries, Tokens
from vitxplain.models import offers
from vitxplain.models.probing.observation import Observation
from vitxplain.models.probing.sides.token_sides import decoder


@dataclass(frozen=True)
class Decoder:
    """The calls, by number, in which queries ask places of the image, or each other, or these places each other.

    The last are of an encoder, and only there if nothing else mixes its places before queries read them.
    """

    num_queries: int
    calls: tuple[int, ...]


def find_decoder(observation: Observation, layouts: Sequence[AttentionLayout]) -> Decoder | None:
    """The decoder whose queries are the rows of the model's logits, (batch, query, class); None in other models."""
    last = decoder(layouts)
    if last is None or observation.logits.dim() != 3 or observation.logits.shape[1] != last.num_queries:
        return None
    queries = Queries(last.num_queries)
    cross = [index for index, o in enumerate(layouts) if o.reads_image and o.query_tokens == queries]
    asking = [index for index, o in enumerate(layouts) if o.kind == "branch" and o.key_tokens == queries]
    places = {layouts[index].key_tokens for index in cross}
    encoder = [index for index, o in enumerate(layouts) if _is_of_encoder(o, places) and index < cross[0]]
    if encoder and any(encoder[0] < before <= cross[0] for _, before in observation.convolutions):
        encoder = []
    return Decoder(last.num_queries, tuple(sorted({*encoder, *asking, *cross})))


def missing_decoder(
    observation: Observation, layouts: Sequence[AttentionLayout], reading: Decoder | None
) -> dict[str, str]:
    """Why queries, their points or gradients are not offered, by the words of `vitxplain.models.offers`."""
    words = (offers.DECODER_QUERIES, offers.DECODER_GRADIENTS, offers.SAMPLING_POINTS)
    if observation.hidden is not None:
        return dict.fromkeys(words, f"{observation.hidden}; load it with attn_implementation='eager'")
    if reading is None:
        return dict.fromkeys(words, _without_decoder(layouts, observation.logits))
    missing = {}
    crossing = [index for index in reading.calls if layouts[index].reads_image]
    if not all(isinstance(observation.calls[index].weights, DeformableWeights) for index in crossing):
        missing[offers.SAMPLING_POINTS] = (
            "its queries ask every place of the image (dense attention) and none at points of their own (deformable "
            "attention); cross-attention shows what they read"
        )
    if not observation.logits.requires_grad:
        missing[offers.DECODER_GRADIENTS] = "its logits carry no gradient (it runs under torch.no_grad or detaches)"
        return missing
    # What queries ask each other first depends on no image: without a graph of parameters it is no part of the graph.
    in_graph = [index for index in reading.calls if observation.calls[index].output.requires_grad]
    unreached = [layouts[index].path for index in in_graph if not observation.calls[index].reached]
    if unreached:
        missing[offers.DECODER_GRADIENTS] = f"no gradient of the logits reaches {unreached[0]}"
    return missing


def _is_of_encoder(layout: AttentionLayout, places: set[Tokens | None]) -> bool:
    """Whether places ask each other that queries read afterwards."""
    is_own = isinstance(layout.key_tokens, Patches) and layout.query_tokens == layout.key_tokens
    return layout.kind in ("token", "levels") and is_own and places == {layout.key_tokens}


def _without_decoder(layouts: Sequence[AttentionLayout], logits: Tensor) -> str:
    queries = logits.shape[1] if logits.dim() == 3 else 0
    beside = [o.grid.num_prefix_tokens + o.grid.num_suffix_tokens for o in layouts if o.kind == "token" and o.grid]
    if queries and any(count >= queries for count in beside):
        return "its queries are tokens beside the patches, which ask in every layer as those do, and no decoder's"
    return "no decoder was seen in it whose learned queries ask the image, each for an object or segment"
