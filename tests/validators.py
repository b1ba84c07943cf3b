"""Other people's validators, in an environment of their own: they ask for older packages than ours.

`python` returns the interpreter that has them: the one that ``BOXLOOP_VALIDATORS`` names, the one
that runs the tests, or one in a new environment, where a registry can be reached.
"""

import functools
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path

from conftest import ROOT

NEEDED = ("cffconvert", "dockerfile_parse", "mlcroissant", "rocrate_validator")
# What the context of RO-Crate 1.1 says of the terms that we use, where no network is at hand.
TERMS = (
    "about actionStatus affiliation agent author contentSize datePublished description email "
    "encodingFormat endTime familyName givenName hasPart identifier instrument keywords license "
    "mainEntity mentions name object programmingLanguage publisher result url version CreativeWork "
    "Dataset Person Organization SoftwareSourceCode ComputerLanguage CreateAction"
)
CONTEXT = {term: f"http://schema.org/{term}" for term in TERMS.split()} | {
    "File": "http://schema.org/MediaObject",
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
}
CRATE = """
import json, sys
from rocrate_validator import models, services
from rocrate_validator.utils import http
context, profile, *folders = json.loads(sys.argv[1]), *sys.argv[2:]
address = "https://w3id.org/ro/crate/1.1/context"
import requests
try:
    requests.get(address, timeout=10, headers={"Accept": "application/ld+json"}).json()
except (OSError, ValueError):
    class Known:
        status_code, ok, text, url = 200, True, json.dumps({"@context": context}), address
        headers = {"Content-Type": "application/ld+json"}
        content = text.encode()
        json = lambda self: json.loads(self.text)
        raise_for_status = lambda self: None
    ask = http.HttpRequester.__getattr__
    def asked(self, name):
        def of(url, *args, **options):
            return Known() if url == address else ask(self, name)(url, *args, **options)
        return of if name in ("get", "head") else ask(self, name)
    http.HttpRequester.__getattr__ = asked
found = {}
for folder in folders:
    settings = services.ValidationSettings(
        rocrate_uri=folder, profile_identifier=profile,
        requirement_severity=models.Severity.RECOMMENDED)
    issues = services.validate(settings).get_issues()
    found[folder] = [[one.severity.name, one.check.identifier, one.message] for one in issues]
print(json.dumps(found))
"""
CROISSANT = """
import json, sys
import mlcroissant
found = {}
for path in sys.argv[1:]:
    data = mlcroissant.Dataset(path)
    issues = data.metadata.ctx.issues
    read = {one.id: [{key.rpartition("/")[2]: str(value) for key, value in row.items()}
        for row in data.records(one.id)] for one in data.metadata.record_sets}
    found[path] = [sorted(issues.errors), sorted(issues.warnings), read]
print(json.dumps(found))
"""
CITATION = """
import json, pathlib, sys
from cffconvert import Citation
for path in sys.argv[1:]:
    Citation(pathlib.Path(path).read_text(encoding="utf-8")).validate()
print(json.dumps(None))
"""
DOCKERFILE = """
import json, sys
from dockerfile_parse import DockerfileParser
parsed = DockerfileParser(sys.argv[1])
steps = [[step["instruction"], step["value"]] for step in parsed.structure]
print(json.dumps([parsed.baseimage, parsed.cmd, steps]))
"""


@functools.cache
def python():
    """Return the path of a Python that has the validators, and why there is none (one is None)."""
    if named := os.environ.get("BOXLOOP_VALIDATORS"):
        return named, None
    if all(find_spec(name) for name in NEEDED):
        return sys.executable, None
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # Removed with the process that made it; several workers make one each.
    folder = Path(_temporary().name)
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    commands = [
        [sys.executable, "-m", "venv", str(folder)],
        [str(made), "-m", "pip", "install", "-q", *groups["dependency-groups"]["validators"]],
    ]
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=500)
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, f"no environment for the validators: {error}"
        if done.returncode != 0:
            last = ([line for line in done.stderr.splitlines() if line.strip()] or ["?"])[-1]
            return None, f"no environment for the validators: {last}"
    return str(made), None


@functools.cache
def _temporary():
    return tempfile.TemporaryDirectory(prefix="validators", ignore_cleanup_errors=True)


def _asked(code, *words):
    """Run code in the environment of the validators, and return the JSON that it prints last."""
    command = [python()[0], "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def crates(folders, profile):
    """Return by folder what roc-validator finds: severity, check and message."""
    return _asked(CRATE, json.dumps(CONTEXT), profile, *folders)


def croissants(paths):
    """Return by path errors, warnings, and by the id of each RecordSet its rows, as read."""
    return _asked(CROISSANT, *paths)


def citations(paths):
    """Let cffconvert judge each CITATION.cff; what it says is raised."""
    return _asked(CITATION, *paths)


def dockerfile(path):
    """Return base image, command and steps, as dockerfile-parse understands them."""
    return _asked(DOCKERFILE, path)


def hadolint(path):
    """Return what hadolint says of a Dockerfile; None where it has no program for this system."""
    program = Path(python()[0]).with_name("hadolint.exe" if os.name == "nt" else "hadolint")
    if not program.is_file():
        return None
    done = subprocess.run([program, path], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr
