"""Data sets as their authors publish them: MNIST, CIFAR-10, ImageNet segmentations."""
