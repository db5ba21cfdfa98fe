"""vitx compare: one figure of images, models, methods and targets."""
