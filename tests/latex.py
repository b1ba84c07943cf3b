r"""As much of TeX as the files for a paper use: macros are defined, expanded and set as text.

What it does not know is an error, as it is for TeX: an unknown command, a macro defined twice, an
open brace, a sign with a meaning of its own outside of its place.
"""

import re
import string

SYMBOLS = {
    r"\textbackslash": "\\", r"\textasciicircum": "^", r"\textasciitilde": "~",
    r"\textless": "<", r"\textgreater": ">", r"\textbar": "|", r"\textasciigrave": "`",
    r"\ldots": "…", r"\S": "§", r"\ss": "ß", r"\o": "ø", r"\AA": "Å", r"\l": "ł", r"\,": "",
    r"\ ": " ", r"\{": "{", r"\}": "}", r"\$": "$", r"\&": "&", r"\#": "#", r"\%": "%", r"\_": "_",
    r"\times": "×", r"\pm": "±", r"\mu": "μ", r"\alpha": "α",
    r"\Delta": "Δ", r"\odot": "⊙", r"\circ": "°",
    r"\rightarrow": "→", r"\char34": '"', r"\toprule": "", r"\midrule": "", r"\bottomrule": "",
    r"\\": "\n", r"\linewidth": "", r"\sigma": "σ", r"\le": "≤",
}  # fmt: skip
HANDED_ON = {r"\ensuremath", r"\mbox", r"\textsuperscript"}
ACCENTS = set("`'^~\"=.uHvckr")
TOKEN = re.compile(r"\\char34|\\[A-Za-z]+|\\.|.", re.DOTALL)
PLAIN = set(string.printable) - set("\\{}$&#%^_~")


class Wrong(Exception):
    """TeX would stop here."""


def without_comments(text):
    """Return a file without what stands behind a per cent sign."""
    return re.sub(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?", r"\1", text)


def tokens(text):
    if not text.isascii():
        raise Wrong(f"not ASCII: {text!r}")
    return TOKEN.findall(text)


def group(found, start):
    """Return the tokens of the group that begins at `start`, and where it ends."""
    if start >= len(found) or found[start] != "{":
        raise Wrong(f"no group at {''.join(found[start : start + 9])!r}")
    depth, at = 1, start + 1
    while depth:
        if at >= len(found):
            raise Wrong("a brace is open")
        depth += {"{": 1, "}": -1}.get(found[at], 0)
        at += 1
    return found[start + 1 : at - 1], at


class Reader:
    r"""What `\newcommand` has defined so far, and the text that comes out."""

    def __init__(self):
        self.macros = {}

    def read(self, text):
        """Return a file as it would be set."""
        return self.set(tokens(without_comments(text)))

    def set(self, found, maths=False):
        """Return tokens as text."""
        out, at = [], 0
        while at < len(found):
            token = found[at]
            step = self.command if token.startswith("\\") else self.sign
            said, at = step(token, found, at + 1, maths)
            out.append(said)
        return "".join(out)

    def command(self, token, found, at, maths):
        if token == r"\newcommand":
            return self.define(found, at)
        if token in self.macros:
            return self.set(self.macros[token], maths), at
        if token in HANDED_ON:
            body, at = group(found, at)
            return self.set(body, maths=token == r"\ensuremath"), at
        if token in SYMBOLS:
            return SYMBOLS[token], at + 2 * (found[at : at + 2] == ["{", "}"])
        if token in (r"\begin", r"\end") or token[1:] in ACCENTS:
            body, at = group(found, at)
            if token == r"\begin":
                _, at = group(found, at)
            return "".join(body) * (token[1:] in ACCENTS), at
        raise Wrong(f"{token} is not known")

    def define(self, found, at):
        (name,), at = group(found, at)
        body, at = group(found, at)
        if name in self.macros or name in SYMBOLS or not name[1:].isalpha():
            raise Wrong(f"{name} is defined already, or no name")
        self.macros[name] = body
        return "", at

    def sign(self, token, found, at, maths):
        if token == "{":
            body, at = group(found, at - 1)
            return self.set(body, maths), at
        if token in "^_" and maths:
            body, at = group(found, at)
            return token + self.set(body, maths), at
        if token in "~&":
            return {"~": " ", "&": "\t"}[token], at
        if token in PLAIN:
            return token, at
        raise Wrong(f"{token!r} in {''.join(found[max(at - 9, 0) : at + 9])!r}")
