"""Refuse to bake over somebody's work before anything is written.

With Cookiecutter the extension has looked already; cruft tells only a hook where it bakes.
"""

import os
import sys
from pathlib import Path

there = [name for name in {{ cookiecutter|replaced|jsonify }} if os.path.lexists(Path(name))]
there += [name for name in {{ cookiecutter|linked|jsonify }} if Path(name).is_symlink()]
if there:
    sentence = {{ cookiecutter|replacement("This folder", "NAME")|jsonify }}
    sys.exit(sentence.replace("NAME", there[0]))
