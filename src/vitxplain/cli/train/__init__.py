"""`vitx train` and `vitx tune`."""
