"""Every method with its layer and grid for a model, or the reason why it does not fit."""

from math import prod
from typing import Any

from vitxplain.capture.layout import Patches
from vitxplain.explainers.base import AttentionExplainer, DecoderExplainer, Explainer, LayerExplainer
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.explainers.passes.fit import auto_method, fitting
from vitxplain.models.offers import PATCH_FEATURES, POSITION_EMBEDDINGS
from vitxplain.models.probing.probe import Probe
from vitxplain.models.vision_model import VisionModel


def capabilities(model: VisionModel) -> dict[str, Any]:
    """The report as plain values, from one probe pass at the processor's input size."""
    probe = model.probe()
    auto = auto_method(model)
    rows = []
    for name, why in fitting(model).items():
        layer, grid = (None, None) if why else _where(load_explainer(name), probe)
        rows.append(
            {"method": name, "fits": why is None, "auto": name == auto, "layer": layer, "grid": grid, "why": why}
        )
    return {"model": model.source, "what": _what(model, probe), "methods": rows}


def _what(model: VisionModel, probe: Probe) -> str:
    """The model in a few words."""
    height, width = probe.input_size
    parts = [type(model.module).__name__, f"{len(model.labels)} classes", f"input {height} × {width} px"]
    if probe.grid is not None:
        grid = probe.grid
        extra = f" + {grid.num_prefix_tokens} prefix" if grid.num_prefix_tokens else ""
        extra += f" + {grid.num_suffix_tokens} suffix" if grid.num_suffix_tokens else ""
        parts.append(f"{grid.rows} × {grid.columns} patches{extra}")
    return ", ".join(parts)


def _where(method: type[Explainer], probe: Probe) -> tuple[str | None, tuple[int, int] | None]:
    """What the method looks at when nothing is chosen, and the grid of its map."""
    if issubclass(method, LayerExplainer) and PATCH_FEATURES in method.needs:
        of_features = probe.feature_grid
        return probe.feature_layer, (of_features.rows, of_features.columns) if of_features else None
    if issubclass(method, LayerExplainer):
        return probe.cam_layer, probe.cam_grid
    if issubclass(method, AttentionExplainer):
        used = [layout for layout in probe.layouts if layout.kind in method.kinds and layout.grid is not None]
        grids = {(layout.grid.rows, layout.grid.columns): None for layout in used if layout.grid}
        heads = {layout.heads: None for layout in used}
        heads_text = f"{next(iter(heads))} heads" if len(heads) == 1 else f"{min(heads)} to {max(heads)} heads"
        return f"{len(used)} attention layers, {heads_text}", list(grids)[-1] if grids else None
    if issubclass(method, DecoderExplainer) and probe.decoder is not None:
        reading = [probe.layouts[index] for index in probe.decoder.calls if probe.layouts[index].reads_image]
        levels = [size for o in reading if isinstance(o.key_tokens, Patches) for size in o.key_tokens.levels]
        return f"{probe.decoder.num_queries} queries, {len(reading)} layers of the decoder", max(levels, key=prod)
    if POSITION_EMBEDDINGS in method.needs and probe.position_embeddings is not None:
        return "position embeddings", (probe.position_embeddings.rows, probe.position_embeddings.columns)
    return (None if method.needs else "the model as a whole"), None
