"""Labelled images in a folder, in any of the layouts people have."""
