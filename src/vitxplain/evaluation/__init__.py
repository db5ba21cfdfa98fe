"""Which explanation can be believed: methods and models scored on a data set, beside maps that know nothing."""
