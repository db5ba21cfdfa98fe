"""Training: fine-tune a model, or make one from scratch; a run is a folder."""
