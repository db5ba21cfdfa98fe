"""Attention rollout without the first layer, as published baselines do it."""

from vitxplain import explain

explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", "attention-rollout", start_layer=1)
explanation.save("vitx-out")
