"""Which position embeddings are alike; a fact about the model, so any image will do."""

from vitxplain import explain

explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", "position-similarity")
print(explanation.values.shape)  # (row, column, row2, column2): (14, 14, 14, 14)
explanation.save("vitx-out")
