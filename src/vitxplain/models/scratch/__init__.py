"""Models trained from scratch: a vision transformer, a CNN, a detector and a segmenter."""
