"""Where maps come from: a model and a method, files of other tools, controls."""
