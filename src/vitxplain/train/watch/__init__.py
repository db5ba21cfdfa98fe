"""Explanations of the same images while a model trains, and loggers."""
