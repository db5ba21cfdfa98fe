"""The words for what a model offers a method; `Explainer.needs` uses the same."""

from typing import Final

ATTENTIONS: Final = "attentions"  # every layer's tokens ask the same grid of tokens (isotropic)
ATTENTION_MAPS: Final = "attention_maps"  # attention that can be laid on the image: token or window attention
ATTENTION_GRADIENTS: Final = "attention_gradients"  # and the logit's gradient reaches it
GRADIENTS: Final = "gradients"  # the logit is differentiable
FEATURE_MAP: Final = "feature_map"  # a layer in patch layout that the logit depends on
PATCH_FEATURES: Final = "patch_features"  # a last layer in patch layout, one vector a patch
GRADIENT_PRODUCTS: Final = "gradient_products"  # at that layer gradient times activation is more than rounding
LINEAR_HEAD: Final = "linear_head"  # global average pooling, then one linear layer
POSITION_EMBEDDINGS: Final = "position_embeddings"  # a learned table, one row a patch
DECODER_QUERIES: Final = "decoder_queries"  # learned queries ask the image, each for an object or segment of its own
SAMPLING_POINTS: Final = "sampling_points"  # and ask it at a few points each, by deformable attention
DECODER_GRADIENTS: Final = "decoder_gradients"  # and the gradient of what a query says reaches their attention
OBJECTS: Final = "objects"  # it finds things in an image, objects or segments
CLASSES: Final = "classes"  # it predicts classes, and no features alone
