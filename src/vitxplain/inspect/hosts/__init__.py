"""Where the viewer is shown by a server: the recordings below folders, over HTTP."""
