"""Refuse to bake over somebody's work before anything is written.

With Cookiecutter the extension has looked already; cruft tells only a hook where it bakes.
"""

import sys
from pathlib import Path

for name in {{ cookiecutter|replaced|jsonify }}:
    if Path(name).exists():
        sentence = {{ cookiecutter|replacement("This folder", "NAME")|jsonify }}
        sys.exit(sentence.replace("NAME", name))
