"""What a process of a team does: hold things, answer questions about them, end when nobody asks any more.

Needs    work.answer.
Gives    main, serve.
Used by  work.processes, in a process of its own.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import BinaryIO

from wattstack.errors import StateError
from wattstack.work.answer import Held


def main() -> None:
    """Serve standard input and output; what anything prints goes to standard error."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, out)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Messages in turn: (key, thing, what it was asked before) to hold it, (function, points by key) to answer."""
    held: dict[str, Held] = {}
    while True:
        try:
            message = pickle.load(questions)
        except EOFError:
            return
        if len(message) == 3:
            key, thing, before = message
            held[key] = Held(thing)
            for function, points in before:
                held[key].answer(function, points)
            continue
        answers.write(_said(held, *message))
        answers.flush()


def _said(held: dict[str, Held], function, batches: dict[str, list]) -> bytes:
    """Answers by key, or what was raised, as bytes."""
    try:
        return pickle.dumps({key: held[key].answer(function, points) for key, points in batches.items()})
    except Exception as fault:
        try:
            return pickle.dumps(fault)
        except Exception:
            return pickle.dumps(StateError(f"a process raised {fault!r}; report this."))
