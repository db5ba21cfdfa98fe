"""Shape aliases, read as `Float[Tensor, "batch head query key"]`.

Axis words: batch layer head query key token row column channel. Order is (height, width) and (rows, columns), always.
"""

from typing import TypeAlias

from jaxtyping import Float, Int
from torch import Tensor

PixelValues: TypeAlias = Float[Tensor, "batch channel height width"]
Logits: TypeAlias = Float[Tensor, "batch label"]
TaskLogits: TypeAlias = Float[Tensor, "batch ..."]  # (batch query label), (batch label row column)
Scores: TypeAlias = Float[Tensor, " batch"]
ClassIndices: TypeAlias = Int[Tensor, " batch"]
Attention: TypeAlias = Float[Tensor, "batch head query key"]
TokenMatrix: TypeAlias = Float[Tensor, "batch query key"]
TokenVector: TypeAlias = Float[Tensor, "batch token"]
PatchMap: TypeAlias = Float[Tensor, "batch row column"]
FeatureMap: TypeAlias = Float[Tensor, "batch channel row column"]
