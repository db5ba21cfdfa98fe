"""Where deformable attention reads for the best object: a picture, and how much of it lies in the object's box."""

from vitxplain import explain, load_model

model = load_model("PekingU/rtdetr_r18vd")
best = explain(model, "examples/cat.jpg", "sampling-points", min_score=0.0)
best.plot(colour="head").savefig("sampling-points.png")
for layer, points in enumerate(best.values):
    x, y, weight = points[..., 0], points[..., 1], points[..., 2]
    middle_x, middle_y, width, height = points[0, 0, 4:]
    inside = (abs(x - middle_x) <= width / 2) & (abs(y - middle_y) <= height / 2)
    print(f"layer {layer}: {weight[inside].sum() / weight.sum():.0%} of the weight lies in the box it starts from")
