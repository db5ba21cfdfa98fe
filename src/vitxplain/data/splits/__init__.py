"""Which samples are for training, validation and testing."""
