"""Animation: the frames of a moving picture explained one by one, and shown again as one."""
