"""How far each head looks; the figure of the paper averages over images, so we do too."""

import numpy as np

from vitxplain import explain

images = ["examples/cat.jpg", "examples/coffee.jpg"]
explanations = explain("facebook/deit-tiny-patch16-224", images, "head-distance")

pixels = np.mean([one.values for one in explanations], axis=0)  # (layer, head)
for layer, heads in enumerate(pixels):
    print(f"layer {layer:2}: " + "  ".join(f"{distance:5.1f} px" for distance in sorted(heads)))
explanations[0].save("vitx-out")
