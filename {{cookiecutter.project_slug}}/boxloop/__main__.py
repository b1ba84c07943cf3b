"""``python -m boxloop``: the command line, installed or not."""

import sys

if __name__ == "__main__":
    try:
        from boxloop.cli import main
    except ModuleNotFoundError as error:
        print(
            f"Error: the package {error.name} is missing: run `python -m pip install -e .`",
            file=sys.stderr,
        )
        sys.exit(2)
    main()
