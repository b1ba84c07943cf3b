"""What stands where in a release: a folder, or the zip of it.

The study itself keeps its own places (``study.toml``, ``study/``, ``notebooks/``, ``boxloop/``,
``results/``, ``data/``, ``report/``), so that its loop can be run in an unpacked release.
"""

FOLDER = "release"  # in the project
MANIFEST = "release.json"  # id, name, version, what made it, and the sha256 and size of each file

# The bundle: all that a prediction needs. 08 keeps one in results/08_release/, and a release has
# the same files under the same name.
BUNDLE, BUNDLE_OF_08 = "model", "results/08_release/model"
FACTS = "facts.json"
MODEL, SCOPE, ERROR_SCALE = "model.skops", "scope.skops", "error_scale.skops"
INTERVALS = "intervals.json"
ONNX = "model.onnx"
# Some rows and what the model says of them, by which whoever loads it sees that it is the same.
PROOF = "proof.parquet"

PAPER = "paper"
TOY = "toy"

# What predictions have beside the ids of the rows and what the task asks for.
IN_SCOPE, REASON, RELEASE = "in_scope", "reason", "release"
