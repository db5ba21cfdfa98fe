"""From axes to a picture: matplotlib figures made without pyplot, which belong to their caller alone."""
