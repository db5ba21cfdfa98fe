"""`vitx plugin`."""
