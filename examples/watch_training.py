"""Train a small ViT with the Trainer of transformers, watch what it looks at while it learns, and test it."""

import torch
from transformers import Trainer, TrainingArguments, ViTConfig, ViTForImageClassification

from vitxplain import ExplanationWatcher, assess, load_data, load_model

SIZE = (32, 32)
training, validation = load_data("digits", "train", size=SIZE), load_data("digits", "validation", size=SIZE)

torch.manual_seed(0)
config = ViTConfig(
    image_size=SIZE, patch_size=4, hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=2,
    id2label=dict(enumerate(training.labels)),
)  # fmt: skip
network = ViTForImageClassification(config)


def collate(samples):
    images, labels = [sample.image for sample in samples], [sample.label for sample in samples]
    return {"pixel_values": model.processor(images), "labels": torch.tensor(labels)}


# --8<-- [start:watch]
model = load_model(network, mean=0.5, std=0.5, size=SIZE)
watcher = ExplanationWatcher("vitx-out/probes", model, validation, every=5, images=8)
arguments = TrainingArguments(
    "vitx-out/trainer",
    max_steps=10,
    report_to="none",
    save_strategy="no",
    remove_unused_columns=False,
    dataloader_pin_memory=False,
)
trainer = Trainer(network, arguments, data_collator=collate, train_dataset=training, callbacks=[watcher])
trainer.train()
# --8<-- [end:watch]

# --8<-- [start:assess]
found = assess(model, "digits", limit=50)
print(f"{found.scores.top1:.1%} right, loss {found.scores.loss:.3f}, macro F1 {found.scores.macro['f1']:.3f}")
print(dict(zip(found.data.labels, found.scores.recall.round(2).tolist(), strict=True)))
found.save("vitx-out/test", worst=8)
# --8<-- [end:assess]
