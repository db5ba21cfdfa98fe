"""The product shown on itself: both models in the box, every method that fits, beside the truth."""
