"""ROOT: trees of particle physics, read by uproot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.table import foreign
from boxloop.table.gather import Gathered
from boxloop.table.inside import choose

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.table.catalogue import Catalogue


def read_root(path: Path, table: str | None) -> Catalogue:
    """Return a tree of a ROOT file; branches with several values per event are left out.

    Raises
    ------
    UserError
        If uproot is not installed, the file is damaged, or it holds no tree.
    """
    try:
        import uproot
    except ImportError as error:
        raise foreign.missing(path, "root") from error
    # uproot raises what it likes of a file that is damaged.
    try:
        with uproot.open(path) as file:
            trees = _trees(path, file)
            sizes = [f"{tree.num_entries} rows of {len(tree.keys())} columns" for _, tree in trees]
            choice = choose(path, [name for name, _ in trees], table, sizes=sizes)
            found = _gathered(path, trees[choice.place][1])
    except UserError:
        raise
    except Exception as error:
        raise foreign.damaged(path, "root") from error
    return found.done(choice)


def _trees(path: Path, file: Any) -> list[tuple]:
    """Return the trees of a file that hold events, the newest cycle of each, by name."""
    kinds = file.classnames(cycle=False)
    names = [name for name, kind in kinds.items() if kind in ("TTree", "TNtuple", "TNtupleD")]
    names += [name for name, kind in kinds.items() if "RNTuple" in kind]
    trees = [(name, file[name]) for name in names]
    full = [(name, tree) for name, tree in trees if tree.num_entries]
    if not full:
        msg = f"{path.name} holds no tree with events: write the table again."
        raise UserError(msg)
    return full


def _gathered(path: Path, tree: Any):
    found = Gathered(path)
    for name in tree.keys():  # noqa: SIM118  # a tree is no dict
        try:
            values = tree[name].array(library="np")
        except Exception:  # noqa: BLE001  # a branch of objects that numpy has no type for
            found.leave_out(name, "hold objects")
            continue
        text = getattr(tree[name], "title", "")
        if values.dtype.kind == "O":
            found.objects(name, list(values), text="" if text == name else text)
        else:
            found.add(name, values, text="" if text == name else text)
    return found
