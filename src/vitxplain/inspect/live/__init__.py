"""PyTorch models recorded while they run."""
