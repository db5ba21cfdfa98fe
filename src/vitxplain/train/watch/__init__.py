"""Watching a model learn: explanations of the same images at every epoch, and loggers."""
