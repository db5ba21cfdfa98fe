"""Grad-CAM of one class at the layer that was found, and at a layer of our own choice."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
found = explain(model, "examples/cat.jpg", "grad-cam", target=285)  # 285: Egyptian cat
found.save("vitx-out", stem="cat")

layer = model.probe().cam_layer
print("the layer that was found:", layer)
earlier = explain(model, "examples/cat.jpg", "grad-cam", target=285, layer=layer.replace("11", "8"))
earlier.save("vitx-out", stem="cat-layer-8")
