"""Models as people have them: wrapped, held by other libraries' objects, or no model at all."""
