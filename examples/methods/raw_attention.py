"""The heads of the last layer, each down to the patches that hold 60 % of its attention."""

from vitxplain import explain

explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", "raw-attention", layer=-1, mass=0.6)
print(explanation.values.shape)  # (layer, head, row, column): (1, 3, 14, 14)
explanation.save("vitx-out")
