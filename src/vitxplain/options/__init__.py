"""Options written as `key=value`: read, described, checked."""
