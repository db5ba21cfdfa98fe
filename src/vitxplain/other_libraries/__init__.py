"""What other libraries call things, and what is written here instead."""
