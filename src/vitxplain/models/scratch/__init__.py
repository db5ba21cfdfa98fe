"""A vision transformer and a CNN trained from scratch."""
