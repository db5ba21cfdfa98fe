"""The product shown on itself: the models in the box, every method that fits, beside the truth."""
