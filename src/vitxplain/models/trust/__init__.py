"""What the files of a model may ask for: which classes, which settings, which other files; never code."""
