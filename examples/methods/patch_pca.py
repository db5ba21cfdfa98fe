"""The parts of a photograph that a model tells apart, with and without the background."""

from vitxplain import explain

for foreground in (False, True):
    explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", "patch-pca", foreground=foreground)
    print(explanation.values.shape)  # (component, row, column): (3, 14, 14)
    explanation.save("vitx-out", stem=f"coffee-{'foreground' if foreground else 'all'}")
