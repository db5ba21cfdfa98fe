"""What speaks for an espresso: the evidence alone, most of it shared among like patches, all of it."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
for share in (0.0, 0.9, 1.0):
    explanation = explain(model, "examples/coffee.jpg", "affinity-attention", target="espresso", share=share)
    explanation.save("vitx-out", stem=f"coffee-shared-{share}")
