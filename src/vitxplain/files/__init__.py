"""Files and folders of the user: paths as typed, whole-or-nothing writes, near names, walks."""
