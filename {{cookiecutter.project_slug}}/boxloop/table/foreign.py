"""Files that hold a table and are not read here: what each is, and the line that converts it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from typing import NoReturn


# For each kind what it is, and how a table comes out of it: {name} is the file, {stem} its name
# without ending.
LINES = {
    "pickle": (
        "a pickle, which may run any code when it is opened",
        (
            "if you trust it, write it as Parquet with "
            "`python -c \"import pandas as pd; pd.DataFrame(pd.read_pickle('{name}'))"
            ".to_parquet('{stem}.parquet')\"`"
        ),
    ),
    "stata": (
        "a Stata file",
        (
            "write it as Parquet with "
            "`python -c \"import pandas as pd; pd.read_stata('{name}')"
            ".to_parquet('{stem}.parquet')\"`"
        ),
    ),
    "matlab": (
        "a MATLAB file",
        (
            "write its matrix X as Parquet with "
            '`python -c "import pandas as pd, scipy.io as io; '
            "pd.DataFrame(io.loadmat('{name}')['X']).add_prefix('x')"
            ".to_parquet('{stem}.parquet')\"`"
        ),
    ),
    "idl": (
        "a file of IDL",
        (
            "write its columns as Parquet with "
            "`python -c \"import pandas as pd, scipy.io as io; pd.DataFrame(io.readsav('{name}'))"
            ".to_parquet('{stem}.parquet')\"`"
        ),
    ),
    "sqlite": (
        "a SQLite database",
        (
            "write one of its tables as Parquet with "
            "`python -c \"import pandas as pd, sqlite3; pd.read_sql('select * from NAME', "
            "sqlite3.connect('{name}')).to_parquet('{stem}.parquet')\"`, with its own name for NAME"
        ),
    ),
    "zstd": ("packed by zstd", "`zstd -d {name}` unpacks it"),
    "archive": ("an archive of files", "unpack it and adopt the table that is in it"),
    "asdf": ("an ASDF file", "write its table as FITS with astropy"),
    "avro": ("an Avro file", "write it as Parquet where it was made"),
    "spss": ("an SPSS file", "save it as CSV in the program that made it"),
    "r": ("a file of R", "write it in R with `write.csv(TABLE, '{stem}.csv', row.names = FALSE)`"),
    "xls": ("an old workbook of Excel", "save it as .xlsx or CSV in the program that made it"),
    "ods": ("a workbook of OpenDocument", "save it as .xlsx or CSV in the program that made it"),
    "picture": ("a picture", "adopt a table of what was measured in it"),
    "pdf": ("a document and no table", "save its table as CSV"),
}
# Kinds that a library reads which a project need not have: its name, and another way.
EXTRA = {
    "hdf5": ("an HDF5 file", "h5py", "write its table as Parquet where it was made"),
    "excel": ("a workbook of Excel", "openpyxl", "save the sheet as CSV"),
    "root": ("a ROOT file", "uproot", "write its tree as Parquet where it was made"),
}
INSTALL = 'pip install -e ".[formats]"'


def refuse(path: Path, kind: str) -> NoReturn:
    """Say what a file is and how its table comes out of it.

    Raises
    ------
    UserError
    """
    what, remedy = LINES[kind]
    stem = Path(path.name.split(".")[0] or "table").name
    name, stem = path.as_posix().replace("'", "\\'"), stem.replace("'", "\\'")
    msg = f"{path.name} is {what}: {remedy.format(name=name, stem=stem)}."
    raise UserError(msg)


def missing(path: Path, kind: str) -> UserError:
    """Return what is said where the library that reads a kind is not installed."""
    what, library, other = EXTRA[kind]
    return UserError(f"{path.name} is {what}, read by {library}: `{INSTALL}`, or {other}.")


def damaged(path: Path, kind: str) -> UserError:
    """Return what is said of a file that its library cannot read."""
    what = EXTRA[kind][0].split(maxsplit=1)[1]
    return UserError(f"{path.name} is not a whole {what}: write it again.")
