"""Pages of many images: maps, samples, a confusion matrix."""
