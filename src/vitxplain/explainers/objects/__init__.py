"""Methods about what detectors and segmenters find."""
