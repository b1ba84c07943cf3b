"""A browser without network, the tools that read the page, and the reports they read."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_report import make_report_project

from boxloop.report import build_report

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "browser" / "node_modules"
NAMES = ("chromium", "chromium-browser", "google-chrome")
TASKS = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))["task"]


def pytest_collection_modifyitems(items):
    """Every test of this folder is one of the browser's."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def needed(path, what):
    """Return a path, or skip: `what` is missing."""
    if not path:
        pytest.skip(f"{what} was not found: `make test-browser` installs it on Debian")
    return str(path)


@pytest.fixture(scope="session")
def chromium_path():
    """Where Chromium is; without it, or without its driver, nothing else is made ready."""
    pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: `make test-browser` installs it"
    )
    return needed(
        os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None), "Chromium"
    )


@pytest.fixture(scope="module")
def chromium(chromium_path):
    """Debian's Chromium, without a window.

    One for each module: while it is open it keeps an event loop that tests of notebooks would
    trip over.
    """
    from playwright.sync_api import sync_playwright

    # As root, as in a container, Chromium starts without its sandbox only.
    options = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=options)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Return ``visit(path, theme, width, height, **context)``.

    The page, open, with every request but its own blocked.

    At the end of the test nothing may have been asked of the network or disk, said on the
    console, or shown as a dialog.
    """
    noise, contexts = [], []

    def open_page(path, theme="light", width=1280, height=900, **options):
        address = Path(path).as_uri()
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, offline=True, **options
        )
        contexts.append(context)
        context.route(
            "**/*",
            lambda route: (
                route.continue_() if route.request.url.split("#")[0] == address else route.abort()
            ),
        )
        page = context.new_page()
        listen(page, address, noise)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert noise == []


def listen(page, address, noise):
    """Note requests that leave the page, messages on its console, errors and dialogs."""

    def asked(request):
        if request.url.split("#")[0] != address and not request.url.startswith("data:"):
            noise.append(f"request: {request.url}")

    def shown(dialog):
        noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("request", asked)
    page.on("dialog", shown)
    page.on("console", lambda message: noise.append(f"console: {message.type}: {message.text}"))
    page.on("pageerror", lambda error: noise.append(f"error: {error}"))


def until(page, expression):
    """Wait until a JavaScript expression is true.

    The page's policy forbids Playwright's own way of waiting for one.
    """
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"still not true after five seconds: {expression}")


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """The report of a small project after one turn of the loop."""
    return build_report(make_report_project(tmp_path_factory.mktemp("seen") / "p"), stale={})


@pytest.fixture(scope="session", params=TASKS)
def released(request, chromium_path, bake, tmp_path_factory):
    """The worked example of each task after ``boxloop release``."""
    folder = tmp_path_factory.mktemp("seen")
    project = Path(bake(folder, task=request.param, author_name="Ada Tester"))
    words = ["release", "--reason", "a test of the report", "--yes"]
    command = [sys.executable, "-m", "boxloop", *words]
    done = subprocess.run(
        command, cwd=project, capture_output=True, text=True, encoding="utf-8", timeout=900
    )
    assert (project / "report" / "index.html").is_file(), done.stdout + done.stderr
    return project


@pytest.fixture(scope="session")
def axe():
    """Return ``axe(page)``: the violations that axe-core finds, one line each."""
    source = TOOLS / "axe-core" / "axe.min.js"
    script = Path(needed(source.is_file() and source, "axe-core")).read_text(encoding="utf-8")

    def run(page):
        page.evaluate(script)
        found = page.evaluate("axe.run()")["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return run


@pytest.fixture(scope="session")
def html_errors():
    """Return ``html_errors(path)``: what the Nu HTML checker calls an error, one line each."""
    java = needed(shutil.which("java"), "Java")
    jar = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
    jar = needed(jar.is_file() and jar, "The Nu HTML checker (vnu-jar)")

    def run(path):
        command = [java, "-jar", jar, "--errors-only", "--format", "gnu", str(path)]
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", timeout=120
        ).stderr.splitlines()

    return run
