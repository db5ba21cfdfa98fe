"""The words for what a model offers a method; `Explainer.needs` uses the same."""

from collections.abc import Iterable, Mapping
from typing import Final

ATTENTIONS: Final = "attentions"
ATTENTION_MAPS: Final = "attention_maps"
ATTENTION_GRADIENTS: Final = "attention_gradients"
GRADIENTS: Final = "gradients"
FEATURE_MAP: Final = "feature_map"
PATCH_FEATURES: Final = "patch_features"
GRADIENT_PRODUCTS: Final = "gradient_products"
LINEAR_HEAD: Final = "linear_head"
POSITION_EMBEDDINGS: Final = "position_embeddings"
DECODER_QUERIES: Final = "decoder_queries"
SAMPLING_POINTS: Final = "sampling_points"
DECODER_GRADIENTS: Final = "decoder_gradients"
OBJECTS: Final = "objects"
CLASSES: Final = "classes"

# The reference of plugins has them as a table, which a test compares.
WORDS: Final[Mapping[str, str]] = {
    ATTENTIONS: "attention in which every layer's tokens ask the same grid of tokens, as in a plain ViT",
    ATTENTION_MAPS: "attention that can be laid on the image, of tokens or in windows",
    ATTENTION_GRADIENTS: "such attention, reached by the gradient of the logit",
    GRADIENTS: "a logit that can be differentiated",
    FEATURE_MAP: "a layer laid out in patches that the logit depends on",
    PATCH_FEATURES: "a last layer laid out in patches, one vector for each",
    GRADIENT_PRODUCTS: "gradient times activation at that layer that is more than rounding",
    LINEAR_HEAD: "global average pooling, then one linear layer",
    POSITION_EMBEDDINGS: "a learned table of positions, one row for each patch",
    DECODER_QUERIES: "learned queries that ask the image, each for an object or segment of its own",
    SAMPLING_POINTS: "queries that ask it at a few points each, by deformable attention",
    DECODER_GRADIENTS: "attention of queries that is reached by the gradient of what a query says",
    OBJECTS: "objects or segments, found in the image",
    CLASSES: "classes, and not features alone; a method that is `class_specific` needs it unsaid",
}


def unknown_words(needs: Iterable[str]) -> str | None:
    """What is wrong with words that are none of these, as a sentence; None where there are none such."""
    unknown = sorted(set(needs) - WORDS.keys())
    if not unknown:
        return None
    are = "is no word" if len(unknown) == 1 else "are no words"
    return f"{' and '.join(map(repr, unknown))} {are} of needs; words are {', '.join(WORDS)}"
