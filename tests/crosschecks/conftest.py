from importlib.util import find_spec

# Their libraries have an environment of their own: `.ci/run crosschecks`.
collect_ignore = [] if find_spec("quantus") and find_spec("torchcam") else ["test_crosschecks.py"]
