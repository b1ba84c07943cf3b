"""A project whose texts, from a person, a data set or an output, are all hostile."""

import json

import pandas as pd
from fake_report import (
    answer,
    check_row,
    code,
    error,
    figure,
    interval,
    make_report_project,
    markdown,
    metrics,
    notebook,
    rich,
    write_chapter,
    write_failures,
    write_json,
)
from study_files import STUDY

from boxloop.checks.core import CheckResult
from boxloop.settings.load import load_settings

RUN = "window.ran=1,alert(1)"
# Five endings of what may stand before it, and marks that turn the direction of the text.
EVIL = (
    f"<script>{RUN}</script>\"><img src=x onerror={RUN}>'-->"
    f"</style></title>]]>\u202egnol\u2066\u200f{{{{7*7}}}}"
)
AWAY = "http://away.example/"
# What an output or a Markdown cell may hold, as HTML: each would run, load or send somewhere if
# it stayed.
HTML = [
    f"<img src=x onerror={RUN}>",
    (
        f"<svg onload={RUN}><image href='{AWAY}c.png'/><use xlink:href='{AWAY}#c'/><animate "
        f"onbegin={RUN} attributeName=x dur=1s></svg>"
    ),
    f"<svg><style>.sk-a{{}}<img src=x onerror={RUN}></style></svg>",
    f"<math><style>#a{{}}<img src=x onerror={RUN}></style></math>",
    (
        f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x "
        f"onerror={RUN}>'></table></mtext></math>"
    ),
    f"<scr\u202eipt>{RUN}</scr\u202eipt><img src=x o\x01nerror={RUN}>",
    (
        f"<![CDATA[><img src=x onerror={RUN}>]]><?x ><img src=x onerror={RUN}>?><!doctype ><img "
        f"src=x onerror={RUN}>"
    ),
    f"<!--><img src=x onerror={RUN}>--><!-- --!><img src=x onerror={RUN}> -->",
    (
        f"<textarea><p title='</textarea><img src=x onerror={RUN}>'></p></textarea><xmp><p "
        f"title='</xmp><img src=x onerror={RUN}>'></p></xmp>"
    ),
    (
        f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></p></noscript><title><p "
        f"title='</title><img src=x onerror={RUN}>'></p></title>"
    ),
    (
        f"<iframe srcdoc='<script>{RUN}</script>'></iframe><object data={AWAY}></object><embed "
        f"src={AWAY}><portal src={AWAY}></portal>"
    ),
    (
        f"<meta http-equiv=refresh content='0;url={AWAY}'><base href={AWAY}><link rel=stylesheet "
        f"href={AWAY}>"
    ),
    (
        f"<form action={AWAY}><input type=image src={AWAY}i.png><button "
        f"formaction={AWAY}>send</button></form><input autofocus onfocus={RUN}>"
    ),
    (
        f"<video poster={AWAY}p.png autoplay><source src={AWAY}v.mp4></video><audio "
        f"src={AWAY}a.mp3 autoplay></audio><img srcset={AWAY}s.png>"
    ),
    (
        f"<details open ontoggle={RUN}></details><body onload={RUN}></body><marquee "
        f"onstart={RUN}>m</marquee>"
    ),
    (
        f"<a href=' JaVaScRiPt:{RUN}'>x</a><a href='java\tscript:{RUN}'>y</a><a "
        f"href='data:text/html,<script>{RUN}</script>'>z</a>"
    ),
    (
        f"<style>#a{{background:url({AWAY}b)}} @import "
        f"'{AWAY}i.css';</style><style>.sk-a{{background:u\\72l({AWAY}b)}} "
        f"*{{background:u\\72l({AWAY})}}</style>"
    ),
    (
        f"<b id=a class=sk-a style='background:url({AWAY}b)'>b</b><p "
        f"style='position:fixed;inset:0'>over</p><table background={AWAY}t.png></table>"
    ),
]


def evil(name):
    """Return a hostile text that can be recognised by the name of its field."""
    return f"{name}:{EVIL}"


def evil_settings():
    """Return a study.toml in which every text that is free is hostile."""

    def put(text, old, *names):
        new = "\n".join(
            f"{key} = {json.dumps(evil(name))}" if key else json.dumps(evil(name))
            for key, name in names
        )
        assert old in text
        return text.replace(old, new)

    text = put(STUDY, 'title = "Toy"', ("title", "title"))
    text = put(text, 'author = "Ada"', ("author", "author"))
    text = put(text, 'question = "How heavy is it?"', ("question", "question"))
    text = put(text, 'name = "a straight line"', ("name", "reference"))
    text = put(text, 'citation = "Galton 1886"', ("citation", "citation"))
    text = put(text, 'name = "better than the line"', ("name", "criterion"))
    text = put(text, 'unit = "m"', ("unit", "unit"))
    text = put(text, 'description = "body height"', ("description", "description"))
    text = text.replace("[columns.family]", f"[columns.{json.dumps(evil('column'))}]")
    reason = json.dumps(f"{evil('waiver')} in four words")
    return text + f'[waivers]\n"split.groups" = {{ reason = {reason} }}\n'


def displayed(data):
    """Return what a cell has displayed, by type."""
    return {"output_type": "display_data", "data": data, "metadata": {}}


def outputs(project):
    """Return outputs of every kind with hostile content."""
    settings = load_settings(project.settings_file)
    manifest = pd.DataFrame(
        {
            name: {"unit": c.unit, "description": c.description}
            for name, c in settings.columns.items()
        }
    ).T
    waived = CheckResult(
        "split.groups",
        "03_split",
        "waived",
        "void",
        1.0,
        0.0,
        None,
        evil("s"),
        evil("m"),
        "fix",
        reason=settings.waivers["split.groups"].reason,
    )
    facts = {"width": evil("width"), "caption": evil("caption")}
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'><script>{RUN}</script></svg>"
    return [
        rich(manifest.to_html()),
        rich(pd.DataFrame({evil("head"): [evil("value")]}).style.format(escape="html").to_html()),
        rich(waived._repr_html_()),
        figure(evil("alt")),
        figure("words", **facts),
        error(evil("error"), evil("message")),
        {"output_type": "stream", "name": "stdout", "text": "\x1b[31m" + evil("stream")},
        displayed({"image/svg+xml": svg}),
        displayed({"text/latex": f"$\\text{{{evil('latex')}}}$"}),
        displayed({"text/markdown": evil("markdown")}),
        displayed({"application/javascript": RUN, "text/plain": evil("plain")}),
        *map(rich, HTML),
    ]


def chapters(project):
    """Return a hostile notebook by name; one in which a cell failed, one with hostile prose."""
    prose = (
        f"[x](javascript:{RUN}) ![x]({AWAY}c.png) <{AWAY}> $\\text{{{EVIL}}}$\n\n"
        + "\n\n".join(HTML)
    )
    told = [
        markdown("title", f"# {evil('chapter')}\n\n## {evil('heading')}\n\n{prose}"),
        answer("answer-05", evil("answer")),
    ]
    failed = code("out", f"# {evil('code')}", outputs(project))
    return {
        "05_diagnose": notebook(
            [*told, code("out", "x", outputs(project), tags=["raises-exception"])]
        ),
        "06_stress_test": notebook([failed]),
    }


def make_hostile_project(root):
    """Write a hostile project, and return it.

    Its notebooks, settings, results, failures log, ledger, passes and environment hold `EVIL`
    after the name of the field, and its outputs each piece of `HTML`.
    """
    project = make_report_project(root, study=evil_settings())
    words = {"reason": evil("reason"), "message": evil("found"), "source": evil("source")}
    broken = {"fix": evil("fix"), "value": evil("number"), "threshold": evil("threshold")}
    rows = [
        check_row("split.groups", state="waived", **words),
        check_row("data.schema", "01_scoping", "fail", **broken),
    ]
    write_json(project.checks_file, rows)
    write_failures(project, [[evil("what"), evil("explanation")]])
    criterion = {
        "name": evil("criterion"),
        "metric": evil("metric"),
        "set": evil("set"),
        "bound": evil("bound"),
        "met": True,
    }
    content = metrics(criteria=[criterion])
    content["primary"] |= {
        "label": evil("label"),
        "unit": evil("scale"),
        "difference": interval(0.039, 0.008),
    }
    write_json(project.metrics_file, content)
    write_json(
        project.passes / "001.json",
        {"number": 1, "time": evil("time"), "note": evil("note"), "released": False},
    )
    event = {"event": "opened", "time": evil("opened"), "reason": evil("ledger")}
    project.ledger_file.write_text(json.dumps(event) + "\n", encoding="utf-8")
    (project.station("08_release") / "environment.txt").write_text(
        evil("environment"), encoding="utf-8"
    )
    for name, content in chapters(project).items():
        write_chapter(project, name, content)
    return project


FIELDS = [
    "title", "author", "question", "reference", "criterion", "unit", "description", "column",
    "waiver", "reason", "found", "source", "fix", "number", "threshold", "what", "explanation",
    "metric", "set", "bound", "label", "scale", "time", "note", "opened", "ledger",
    "environment", "value", "caption", "error", "message", "stream", "plain", "code",
]  # fmt: skip
