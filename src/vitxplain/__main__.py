"""`python -m vitxplain` is `vitx`."""

from vitxplain.cli.main import main

if __name__ == "__main__":
    main()
