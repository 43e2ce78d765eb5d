"""``python -m certkit``."""

from certkit.cli.app import main

if __name__ == "__main__":
    main()
