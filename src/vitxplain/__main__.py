"""`vitx` and `python -m vitxplain`."""

import os
import sys


def main() -> None:
    """The entry point of the command; what it needs is imported inside, so that Ctrl-C is quiet from the start."""
    os.environ["MPLBACKEND"] = "agg"  # a notebook's or a desktop's comes down to commands, which draw into files alone
    try:
        from vitxplain.models.startup import begin_startup

        begin_startup()
        from vitxplain.cli.main import main as run

        run()
    except KeyboardInterrupt:  # others are met in the command
        sys.exit(130)


if __name__ == "__main__":
    main()
