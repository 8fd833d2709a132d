"""Questions to things that may learn from them, and the answers in order, whoever gave them.

Needs    errors.
Gives    Asked, Held, answer, answer_all, in_order, TRIES.
Used by  work.team, cluster, processes, worker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wattstack.errors import WattstackError

TRIES = 5  # times that a batch is asked for before workers that keep dying are given up
Asked = tuple[Callable[[Any, Any], Any], Sequence[Any]]  # a function and a batch of points


def answer(function: Callable[[Any, Any], Any], thing: Any, points: Sequence[Any]) -> list:
    """Answers to the points in turn, up to the first error, which is then the last answer."""
    answers: list[Any] = []
    for point in points:
        try:
            answers.append(function(thing, point))
        except WattstackError as fault:
            return [*answers, fault]
    return answers


class Held:
    """A thing on a worker of a cluster, and how many batches it has answered: a copy that missed one is no use."""

    def __init__(self, thing: Any):
        self.thing, self.batches = thing, 0

    def answer(self, function: Callable[[Any, Any], Any], points: Sequence[Any]) -> list:
        """Answers to a batch of points."""
        self.batches += 1
        return answer(function, self.thing, points)


def answer_all(function: Callable, held: Sequence[Held], batches: Sequence[Sequence], before: list) -> list:
    """One task of a cluster: several things, a batch of points for each; None for a thing that missed some.

    `before`: how many batches each has answered, and these batches where the thing has just been sent.
    """
    answers: list = []
    for own, points, (count, earlier) in zip(held, batches, before, strict=True):
        if own.batches == 0:
            for past, past_points in earlier:
                own.answer(past, past_points)
        answers.append(own.answer(function, points) if own.batches == count else None)
    return answers


def in_order(asked: Mapping[str, list[int]], answered: Mapping[str, list]) -> list:
    """Answers in the order of the questions.

    Raises:
        WattstackError: The first of the errors among them.
    """
    flat = {i: answer for key, own in asked.items() for i, answer in zip(own, answered[key], strict=False)}
    faults = [i for i, answer in flat.items() if isinstance(answer, WattstackError)]
    if faults:
        raise flat[min(faults)]
    return [flat[i] for i in range(len(flat))]
