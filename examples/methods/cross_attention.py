"""Where the query of each object reads the image: in the last layer of the decoder, and where all layers do."""

from vitxplain import explain, load_model

model = load_model("PekingU/rtdetr_r18vd")
for layer in (-1, "product"):
    best = explain(model, "examples/cat.jpg", "cross-attention", layer=layer, min_score=0.0)
    print(best.target, "sums to", best.values.sum())
    best.save("vitx-out", stem=f"cat-layer-{layer}")
