"""Images and, later, data sets."""
