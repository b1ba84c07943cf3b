"""Execute one chapter with papermill; its executed copy is kept whole, also when it failed."""

import json
import logging
import os
import warnings
from contextlib import contextmanager

from boxloop.notebook import first_error, read_notebook, tags
from boxloop.provenance import input_hashes
from boxloop.quick import quick_imports
from boxloop.store import write_text


@contextmanager
def _environment(project):
    """Let kernels find this project's packages first, and this environment's kernel first."""
    search = [str(project.root), os.environ.get("PYTHONPATH", "")]
    wanted = {
        "PYTHONPATH": os.pathsep.join(filter(None, search)),
        "JUPYTER_PREFER_ENV_PATH": "1",
        # Threads that wait must not spin: on a busy machine boosted trees take twenty times as long otherwise.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def load_engine():
    """Import papermill, which takes a second, before the first chapter's clock starts."""
    with warnings.catch_warnings(), quick_imports():
        warnings.simplefilter("ignore")
        import papermill  # noqa: F401
    logging.getLogger("papermill").setLevel(logging.CRITICAL)


def _papermill(source, target, cwd, parameters):
    """Run papermill on absolute paths; `target` grows with every cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from papermill import execute_notebook
        from traitlets.config import Config

        # papermill fills braces in paths; doubled ones stay as they are.
        paths = [str(path).replace("{", "{{").replace("}", "}}") for path in (source, target)]
        execute_notebook(
            *paths,
            parameters=parameters,
            cwd=str(cwd),
            # This environment's Python, whatever kernel the notebook was last saved with.
            kernel_name="python3",
            language="python",
            progress_bar=False,
            # Graceful shutdown only waits: everything that counts is on disk by then.
            shutdown_kernel="immediate",
            # ipykernel warns on every start of a kernel without encryption.
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )


def _attempt(chapter, part, cwd, parameters):
    """Run a chapter and return the text of an error that is not in its cells, or None."""
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    try:
        _papermill(chapter.path, part, cwd, parameters)
    except PapermillExecutionError:
        return None  # the cell holds it
    except DeadKernelError:
        return "the kernel died while this cell ran; often the memory was full"
    except RuntimeError as error:
        if "Kernel" not in str(error):
            raise
        return f"the kernel did not start ({error})"
    return None


def _note_death(notebook, death):
    """Write the death of a kernel into the last cell that was begun, as an error like any other."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    begun = [cell for cell in code if cell["metadata"].get("papermill", {}).get("start_time")]
    if code:
        output = {"output_type": "error", "ename": "DeadKernelError", "evalue": death, "traceback": [death]}
        where = begun[-1] if begun else code[0]
        where.setdefault("outputs", []).append(output)


def _keep(project, chapter, part, death):
    """Move the executed copy into place, free of this machine's paths, and return its first error."""
    notebook = read_notebook(part if part.exists() else chapter.path)
    # papermill repeats an error in cells of its own; the failed cell shows it already.
    notebook["cells"] = [cell for cell in notebook["cells"] if "papermill-error-cell-tag" not in tags(cell)]
    facts = notebook["metadata"].get("papermill", {})
    target = project.executed / f"{chapter.name}.ipynb"
    if facts:
        facts |= {"input_path": project.relative(chapter.path), "output_path": project.relative(target)}
    notebook["metadata"].setdefault("boxloop", {})["inputs"] = input_hashes(project)
    if death:
        _note_death(notebook, death)
    write_text(target, json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return first_error(notebook)


def execute(project, chapter, parameters):
    """Execute `chapter` and return None, or where and how it failed as one line.

    The executed copy in ``report/notebooks`` is replaced whole, or not at all when the
    person interrupts. A kernel that dies gets one second chance.
    """
    project.executed.mkdir(parents=True, exist_ok=True)
    part = project.executed / f"{chapter.name}.ipynb.part"
    try:
        with _environment(project):
            death = _attempt(chapter, part, project.notebooks, parameters)
            if death:
                death = _attempt(chapter, part, project.notebooks, parameters)
        error = _keep(project, chapter, part, death)
    finally:
        part.unlink(missing_ok=True)
    return error and f"{chapter.name}, cell {error[0]}: {error[1]}"
