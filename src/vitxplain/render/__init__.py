"""From axes to a picture."""
