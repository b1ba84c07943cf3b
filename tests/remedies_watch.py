"""Cases of `boxloop open` and `boxloop watch`."""

import socket

from remedies import Answer, calls, case

from boxloop.run import on_save


@case
def a_report_is_made_first(person):
    person.small(ran=False)
    person.monkeypatch.setattr("boxloop.run.browser.show", lambda address: True)
    said = yield person.types("open"), "There is no report yet: `boxloop run` makes it"
    person.does_as_told(said)


def watching(person, port):
    """Return the door of a watch that has begun to serve."""

    class Begun(Exception):
        pass

    def show(address):
        raise Begun

    def door():
        try:
            return calls(on_save.watch, person.project, port=port, show=show, say=print)()
        except Begun:
            return Answer(True, "")

    return door


def _taken(person):
    person.small()
    there = socket.create_server(("127.0.0.1", 0))
    port = there.getsockname()[1]
    return there, watching(person, port), f"Port {port} cannot be used"


@case
def a_port_that_is_taken(person):
    there, door, words = _taken(person)
    with there:
        yield door, words
        yield watching(person, 0)


@case
def a_port_that_is_taken_and_another(person):
    there, door, words = _taken(person)
    with there, socket.create_server(("127.0.0.1", 0)) as other:
        yield door, words
        free = other.getsockname()[1]
        other.close()
        yield watching(person, free)
