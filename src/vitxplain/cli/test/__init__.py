"""`vitx test`."""
