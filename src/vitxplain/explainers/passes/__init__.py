"""Methods run over a model: which fit, the pass they share, its results."""
