"""What speaks for the class of the best object, followed through decoder and encoder, and through the decoder alone."""

from vitxplain import explain, load_model

model = load_model("PekingU/rtdetr_r18vd")
for encoder in (True, False):
    best = explain(model, "examples/cat.jpg", "gradient-cross-attention", encoder=encoder, min_score=0.0)
    print(best.target, best.values.sum())
best.save("vitx-out")
