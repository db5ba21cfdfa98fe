"""Which modules are parts of an attention: what they return is read by it alone, and is no feature of the image."""

from collections.abc import Sequence

from vitxplain.capture.layout import AttentionLayout


def attention_parts(layouts: Sequence[AttentionLayout]) -> tuple[str, ...]:
    """The beginnings of the names of all modules that lie inside an attention.

    Of a decoder's cross-attention that is also what stands beside it in its layer, such as the projection of values
    (DAB-DETR, RF-DETR): that layer alone reads it, and all of them what it is made from.
    """
    within = {layout.path for layout in layouts if layout.kind != "other" and layout.path}
    for layout in layouts:
        around = layout.path.rpartition(".")[0]
        if layout.reads_image and around and not any(_makes_features(other, around) for other in layouts):
            within.add(around)
    return tuple(f"{path}." for path in sorted(within))


def _makes_features(layout: AttentionLayout, module: str) -> bool:
    """Whether the module has this attention, in which places of the image ask."""
    only_reads = layout.reads_image or layout.kind in ("branch", "other")
    return layout.path.startswith(f"{module}.") and not only_reads
