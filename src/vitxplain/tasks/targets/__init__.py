"""What of an output is explained: a class, an object, a region; of each image its own, or several."""
