"""Which parts of the image the best object needs to be found again; more masks, less noise."""

from vitxplain import explain, load_model

model = load_model("PekingU/rtdetr_r18vd")
best = explain(model, "examples/cat.jpg", "d-rise", masks=50, min_score=0.0)
print(best.target, "is found with weight", best.values.mean(), "when half of the image is hidden")
best.save("vitx-out")
