"""A method of five lines: the attention of the last layer, heads averaged."""

from dataclasses import dataclass

from vitxplain import explain
from vitxplain.plugins import AttentionExplainer


@dataclass(frozen=True)
class LastAttention(AttentionExplainer):
    needs, axes, class_specific = frozenset({"attentions"}), "batch row column", False

    def keep(self, record):
        return record.patch_rows().mean(1)

    def combine(self, kept, grid):
        return kept[-1]


explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", LastAttention())
explanation.save("vitx-out")
