"""From images to what a model takes, and where its input lies on the image."""
