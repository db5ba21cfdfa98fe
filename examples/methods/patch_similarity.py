"""What is like one patch of the cat's eye; the body of a classifier stands in for DINO."""

from transformers import AutoModel

from vitxplain import explain, load_model

body = AutoModel.from_pretrained("facebook/deit-tiny-patch16-224", add_pooling_layer=False).eval()
model = load_model(body, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], size=224)
explanation = explain(model, "examples/cat.jpg", "patch-similarity", target="patch@150,110")
print(explanation.options["query"], explanation.values.shape)  # the patch in row 5, column 4; (14, 14)
explanation.save("vitx-out")
