"""Load a model of any kind and find out what it is."""
