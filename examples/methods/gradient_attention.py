"""The same photograph, two classes: what speaks for an espresso, and what for a cup."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
for target in ("espresso", "cup"):
    explanation = explain(model, "examples/coffee.jpg", "gradient-attention", target=target)
    explanation.save("vitx-out", stem=f"coffee-as-{target}")
