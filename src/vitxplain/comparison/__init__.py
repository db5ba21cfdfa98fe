"""Comparison: images, models, methods and targets against each other, in one figure."""
