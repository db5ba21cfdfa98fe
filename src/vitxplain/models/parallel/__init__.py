"""Networks that pass several networks, or one several times, side by side over an image."""
