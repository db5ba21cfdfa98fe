"""The files of a run: folder, checkpoints, metrics, curves, model card, result."""
