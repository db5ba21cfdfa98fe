"""From an image to a map: what was predicted, why, and where the files are."""

from vitxplain import explain

explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg")
print(explanation.prediction.names[0], explanation.prediction.probabilities[0])
print(explanation.values.shape)  # raw, signed, on the model's own grid: (14, 14)
print(explanation.heatmap().shape)  # in [0, 1] at the photograph's pixels: (400, 600)
print(explanation.save("vitx-out"))  # PNG, NPZ and JSON
