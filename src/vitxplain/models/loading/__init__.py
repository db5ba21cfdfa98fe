"""From a source string, folder or module to a VisionModel."""
