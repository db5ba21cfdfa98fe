"""Grad-CAM at the layer that was found, and at one of our own choice."""

from vitxplain import explain, load_model

model = load_model("facebook/deit-tiny-patch16-224")
found = explain(model, "examples/coffee.jpg", "grad-cam", target="espresso")
print("the layer that was found:", model.probe().cam_layer)
found.save("vitx-out")

earlier = explain(model, "examples/coffee.jpg", "grad-cam", target="espresso", layer="vit.layers.8.layernorm_before")
earlier.save("vitx-out", stem="coffee-layer-8")
