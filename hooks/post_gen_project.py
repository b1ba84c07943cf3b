"""Turn the full tree into the chosen one, by the project's own `boxloop/upkeep/finish.py`.

A second run changes nothing (cruft runs hooks twice).
Without this hook, the first `boxloop` command does it.
"""

import shutil
import sys
from pathlib import Path

# The template was copied with these where its tests had run in it.
for folder in {{ cookiecutter|caches|jsonify }}:
    shutil.rmtree(folder, ignore_errors=True)

sys.dont_write_bytecode = True
sys.path.insert(0, ".")
from boxloop.upkeep.finish import finish

CHOICES = {
    "task": {{ cookiecutter.task|jsonify }},
    "start_from": {{ cookiecutter.start_from|jsonify }},
    "edition": {{ cookiecutter.edition|jsonify }},
    "study": {{ cookiecutter|study|jsonify }},
}
finish(Path(), CHOICES)
