"""The same photograph, two classes: what speaks for a cat, and what for a bucket."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
for target in (285, 463):  # Egyptian cat, bucket
    explanation = explain(model, "examples/cat.jpg", "gradient-attention", target=target)
    explanation.save("vitx-out", stem=f"cat-as-{target}")
