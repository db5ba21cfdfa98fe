"""Gradient rollout beside gradient attention: two readings of one backward pass."""

from vitxplain import explain_together

methods = ["gradient-rollout", "gradient-attention"]
explanations = explain_together("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", methods)
for explanation in explanations.values():
    explanation.save("vitx-out")
