"""Gradient x activation of one image for two classes: what speaks for the one need not speak for the other."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
for name in ("espresso", "cup"):
    explanation = explain(model, "examples/coffee.jpg", "gradient-activation", target=name)
    print(explanation.target, "at the output of", explanation.options["layer"])
    explanation.save("vitx-out", stem=f"coffee-{name}")
