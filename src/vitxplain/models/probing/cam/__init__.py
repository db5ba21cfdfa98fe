"""The layer of class activation maps, with those beside it: of branches, and of levels of a neck."""
