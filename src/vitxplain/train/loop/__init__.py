"""The training loop on transformers' Trainer: data feed, augmentation, callbacks."""
