"""What others are handed: a finished study goes in, `release/` and one zip come out."""

from boxloop.parcel.command import (  # noqa: F401  # for the command line
    make,
    nothing_to_open,
    refuse_another_folder,
    state_lines,
)
