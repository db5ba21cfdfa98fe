"""Where a network sees the image: as it lies, mirrored, turned, or a part of it."""
