"""Other pictures of the same explanations."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
espresso = explain(model, "examples/coffee.jpg", "grad-cam")
for style in ("signed", "brightness", "strip"):
    espresso.plot(style).savefig(f"espresso-{style}.png")

heads = explain(model, "examples/coffee.jpg", "raw-attention", layer=-1)
heads.plot("head-masks").savefig("heads.png")
