"""CAM takes a logit apart exactly: the mean of the map plus the bias is the logit."""

import torch
from torch import nn

from vitxplain import explain, load_model

torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 10),
)
model = load_model(network, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), size=(64, 64))
explanation = explain(model, "examples/coffee.jpg", "cam", target=3)

print("mean of the map plus bias:", explanation.values.mean() + network[-1].bias[3].item())
explanation.save("vitx-out")
