"""Files and folders of the user: paths as typed, whole-or-nothing writes, csv tables, near names, walks."""
