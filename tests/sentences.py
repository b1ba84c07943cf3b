"""Every sentence that the machinery can print, found in its source, and what it asks for.

A sentence is put together in several places: a name in braces is followed to what it was given in
the same function, to a constant of the module, and, where it is an argument, to the calls.
"""

import ast
import itertools
import re
from dataclasses import dataclass
from functools import cache, cached_property

HOLE = "\0"  # what is filled in when the sentence is printed
ERRORS = {"UserError", "ValueError", "KeyError", "RuntimeError", "Interrupted"}
MOST = 64  # ways in which one sentence may be put together
DEPTH = 3  # calls of calls that are followed
HOPS = 6  # names that stand for names


@dataclass(frozen=True)
class Sentence:
    """One remedy in one place of the source, and the texts that may come before it."""

    place: str
    remedy: str
    texts: tuple

    @cached_property
    def pattern(self):
        ways = (".+?".join(map(re.escape, text.split(HOLE))) for text in self.texts)
        return re.compile("|".join(ways), re.DOTALL)

    @cached_property
    def pieces(self):
        """The longest piece of each text, by which most of what is said is told apart quickly."""
        return [max(text.split(HOLE), key=len) for text in self.texts]

    def is_in(self, said):
        """Whether it was said, in any of its forms."""
        return any(piece in said for piece in self.pieces) and bool(self.pattern.search(said))

    @property
    def alternatives(self):
        """How many things it offers to do: ``A, B or C`` are three."""
        words = re.sub(r"\(.*?\)|\".*?\"|`.*?`|, such as [^,]*| or more", "", self.remedy)
        if not re.search(r"\bor\b|if there is none", words):
            return 1
        return len(re.split(r"; if there is none, |,? or |, (?!and |which |so |that |or )", words))

    def __str__(self):
        return f"{self.place}: {self.texts[0].replace(HOLE, '…')}"


class Source:
    """The modules, parsed: their functions, the calls of these, and their constants.

    Parameters
    ----------
    files : dict of Path
        By the name under which a place is told.
    returned : dict of list of str
        By name: functions that hand a sentence back, instead of raising it.
    """

    def __init__(self, files, returned):
        self.files, self.returned = files, returned
        self.functions, self.calls, self.constants, self.owner = [], {}, {}, {}
        for file, path in files.items():
            self._read(file, ast.parse(path.read_text(encoding="utf-8")))

    def _read(self, file, tree):
        top = ast.FunctionDef(
            name="<module>", args=ast.arguments([], [], None, [], [], None, []), body=tree.body
        )
        self._walk(file, tree, top)
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.constants[file, node.targets[0].id] = node.value

    def _walk(self, file, node, function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node
            self.functions.append((file, node))
        if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
            self.calls.setdefault(_name(node), []).append((file, function, node))
        self.owner[node] = function
        for child in ast.iter_child_nodes(node):
            self._walk(file, child, function)

    def sentences(self):
        """Return all of them, one for each remedy in each place."""
        found = {}
        for file, function, node in self._places():
            for text in self._texts(file, function, node):
                if re.search(r"[a-z]{3,}.* .*[a-z]{2,}", text):
                    _, colon, tail = text.rpartition(": ")
                    known = found.setdefault((f"{file}:{node.lineno}", tail if colon else text), [])
                    known.append(text)
        return [Sentence(*key, tuple(dict.fromkeys(texts))) for key, texts in found.items()]

    def _places(self):
        """Yield what is assigned to `msg`, raised, echoed, found as a fault, or returned."""
        for file, function in self.functions:
            for node in ast.walk(function):
                if self.owner.get(node) is not function:
                    continue
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "msg":
                    yield file, function, node.value
                if (
                    isinstance(node, ast.Call)
                    and node.args
                    and _name(node) in ERRORS
                    and getattr(node.args[0], "id", "") != "msg"
                ):
                    yield file, function, node.args[0]
                if (
                    isinstance(node, ast.Call)
                    and node.args
                    and _name(node) in ("echo", "_say")
                    and "`" in ast.unparse(node.args[0])
                ):
                    yield file, function, node.args[0]
                if isinstance(node, ast.Call) and _name(node) == "Fault":
                    yield file, function, _sentence_of(node)
                if isinstance(node, ast.Return | ast.Yield) and function.name in self.returned.get(
                    file, ()
                ):
                    yield from ((file, function, value) for value in _parts(node.value))

    def _texts(self, file, function, node):
        """Return the texts of one expression, for all calls of the function."""
        texts = []
        for given in self._arguments(file, function, node, DEPTH):
            texts += self._expand(node, (file, function, given), HOPS)
        return dict.fromkeys(texts)

    def _arguments(self, file, function, node, depth):
        """Return ``{parameter: (expression, frame)}`` for every call: what `node` uses."""
        names = self._used(function, node)
        parameters = [
            arg.arg
            for arg in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        ]
        wanted = [name for name in parameters if name in names]
        default = _defaults(function)
        found = []
        for where, caller, call in self.calls.get(function.name, ()) if wanted and depth else ():
            if where != file and function.name.startswith("_"):
                continue
            typed = dict(zip(parameters, call.args, strict=False)) | {
                word.arg: word.value for word in call.keywords
            }
            inside = [typed[name] for name in wanted if name in typed]
            used = ast.Tuple([value for value in inside if not isinstance(value, ast.Starred)])
            for given in self._arguments(where, caller, used, depth - 1):
                frame = (where, caller, given)
                values = {name: (typed[name], frame) for name in wanted if name in typed}
                found.append(
                    {name: (value, (file, function, {})) for name, value in default.items()}
                    | values
                )
        return found or [
            {
                name: (value, (file, function, {}))
                for name, value in default.items()
                if name in wanted
            }
        ]

    def _used(self, function, node):
        """Return the names in an expression, and in what the function has assigned to them."""
        names, new = set(), {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        while new - names:
            names |= new
            values = (value for name in new for value in _assigned(function, name))
            new = {
                part.id
                for value in values
                for part in ast.walk(value)
                if isinstance(part, ast.Name)
            }
        return names

    def _expand(self, node, frame, depth):
        """Return the texts that an expression may give, with `HOLE` for what nobody can know."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else [HOLE]
        if isinstance(node, ast.JoinedStr):
            parts = [self._expand(part, frame, depth) for part in node.values]
            return _joined(parts)
        if isinstance(node, ast.FormattedValue):
            plain = node.conversion == -1 and node.format_spec is None
            return self._expand(node.value, frame, depth) if plain else [HOLE]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return _joined([self._expand(side, frame, depth) for side in (node.left, node.right)])
        if isinstance(node, ast.IfExp):
            return [
                text
                for side in (node.body, node.orelse)
                for text in self._expand(side, frame, depth)
            ]
        if isinstance(node, ast.Name) and depth:
            return self._named(node.id, frame, depth - 1)
        return [HOLE]

    def _named(self, name, frame, depth):
        file, function, given = frame
        if name in given:
            value, other = given[name]
            return self._expand(value, other, HOPS if other[1] is not function else depth)
        values = _assigned(function, name) or [
            v for v in [self.constants.get((file, name))] if v is not None
        ]
        return [text for value in values for text in self._expand(value, frame, depth)] or [HOLE]


def _name(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _parts(value):
    """Return the expressions in what a function returns that may be sentences."""
    if isinstance(value, ast.Tuple | ast.List):
        return [part for item in value.elts for part in _parts(item)]
    if isinstance(value, ast.ListComp | ast.GeneratorExp):
        return _parts(value.elt)
    if isinstance(value, ast.IfExp):
        return [*_parts(value.body), *_parts(value.orelse)]
    if isinstance(value, ast.Call):
        return [part for item in value.args for part in _parts(item)]
    return (
        [value]
        if isinstance(value, ast.JoinedStr | ast.BinOp | ast.Name) or _is_text(value)
        else []
    )


def _sentence_of(fault):
    """Return the expression of the sentence that a door makes of ``Fault(what, remedy)``."""
    what, remedy = (ast.FormattedValue(part, conversion=-1) for part in fault.args)
    parts = [what, ast.Constant(": "), remedy, ast.Constant(".")]
    return ast.copy_location(ast.JoinedStr(parts), fault)


def _is_text(value):
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _assigned(function, name):
    """Return what a function assigns to a name."""
    return _assignments(function).get(name, [])


@cache
def _assignments(function):
    found = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return found


def _defaults(function):
    args = function.args
    late = [*args.posonlyargs, *args.args][
        len(args.posonlyargs) + len(args.args) - len(args.defaults) :
    ]
    pairs = [
        *zip(late, args.defaults, strict=True),
        *zip(args.kwonlyargs, args.kw_defaults, strict=True),
    ]
    return {arg.arg: value for arg, value in pairs if value is not None}


def _joined(parts):
    ways = itertools.islice(itertools.product(*parts), MOST)
    return list(dict.fromkeys(re.sub(f"{HOLE}+", HOLE, "".join(way)) for way in ways))
