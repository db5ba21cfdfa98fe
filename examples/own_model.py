"""A network of our own: no wrapper, only how images become its input."""

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
    nn.Linear(32, 2),
)
model = load_model(network, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), size=(96, 144), labels={0: "cat", 1: "dog"})
explanation = explain(model, "examples/cat.jpg", target="cat")
print(explanation.method, explanation.values.shape)  # grad-cam (24, 36)
