"""Why a model does not offer something: clauses that complete "METHOD does not fit: ..."."""

from collections.abc import Sequence

from vitxplain.capture.layout import AttentionLayout
from vitxplain.models import offers
from vitxplain.models.isotropy import asks_one_grid
from vitxplain.models.observation import Observation


def missing_attention(
    seen: Observation, layouts: Sequence[AttentionLayout], isotropic: bool, mixing: str | None
) -> dict[str, str]:
    """Why attention or gradients are not there; `mixing` as `isotropy.mixing` words it."""
    missing: dict[str, str] = {}
    real = [layout for layout in layouts if layout.kind not in ("unused", "other")]
    placed = [o for o in real if o.kind in ("token", "window", "pooling") and o.grid is not None]
    if not real:
        reason = "it has no attention" + (f" ({len(layouts)} other softmaxes were seen)" if layouts else "")
    else:
        kinds = ", ".join(f"{sum(o.kind == kind for o in real)} {kind}" for kind in dict.fromkeys(o.kind for o in real))
        reason = f"its {len(real)} attention layers ({kinds}) do not all ask the same grid of tokens"
        if mixing is not None and asks_one_grid(layouts):
            reason = mixing
    if not isotropic:
        missing[offers.ATTENTIONS] = reason
    if not placed:
        missing[offers.ATTENTION_MAPS] = (
            reason if not real else f"its attention ({real[0].describe()}) has no place on the image"
        )
    if seen.hidden is not None:
        hidden = f"{seen.hidden}; load it with attn_implementation='eager', or use grad-cam"
        missing |= {offers.ATTENTIONS: hidden, offers.ATTENTION_MAPS: hidden}
    if not seen.logits.requires_grad:
        missing[offers.GRADIENTS] = "its logits carry no gradient (it runs under torch.no_grad or detaches)"
    reached = [one.reached for one, o in zip(seen.calls, layouts, strict=True) if o.kind == "token"]
    if not isotropic or not all(reached):
        missing[offers.ATTENTION_GRADIENTS] = missing.get(offers.ATTENTIONS) or missing.get(
            offers.GRADIENTS, "no gradient of the logits reaches its attention"
        )
    return missing
