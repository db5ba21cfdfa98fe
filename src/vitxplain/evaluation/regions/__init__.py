"""Objects and classes in an image: which are there, which the model found, and what is explained of each."""
