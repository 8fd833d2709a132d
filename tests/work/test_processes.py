"""Questions spread over processes of this machine: the same bits, whoever dies and whoever stops."""

import io
import os
import pickle
import signal
import threading

import numpy as np
import pytest

from tests.plan.conftest import MONTH
from wattstack.campus import Campus
from wattstack.case import build_cases
from wattstack.errors import StateError
from wattstack.plan.portfolio.year import YearOperation, year_model
from wattstack.work import Team, worker
from wattstack.work.processes import Processes


def years():
    """Two campus years that differ by their weight, and where to visit them: as they learn, answers change."""
    campus = Campus.model_validate(MONTH)
    model = year_model(campus, build_cases(campus))
    one, two = YearOperation(model), YearOperation(model, factor=2.0)
    point = np.array([3.0 if "power" in n else 10.0 if "energy" in n else 14.0 for n in model.names])
    return [(one, point), (two, point), (one, 0.9 * point)]


def visits(team, between=lambda: None):
    """Answers to two lists of visits, to the last bit."""
    asked, said = years(), []
    for _ in range(2):
        said += [(v.value, v.const, *v.grad.tolist(), v.solver) for v in team.visit(asked)]
        between()
    return said


def test_two_processes_say_what_one_thread_says_even_when_one_is_killed():
    expected = visits(Team())
    with Team(workers=2, process_steps=1) as two:
        crew = two._processes.crew

        def kill():
            os.kill(crew[0].popen.pid, signal.SIGKILL)

        assert visits(two, kill) == expected
        assert len(two._away) == 2, "or threads did it"
        living = crew[1].popen
    assert living.poll() is not None, "no process outlives its team"


def test_short_lists_and_what_threads_know_stay_with_the_threads():
    steps = years()[0][0].steps
    with Team(workers=2, process_steps=3 * steps) as two:
        two.visit(years()[:2])
        visits(two)
        assert two._processes.crew == [None, None]


def test_processes_that_die_every_time_end_the_work_in_words():
    crew = Processes(1)
    with pytest.raises(StateError, match="a process was lost 5 times over one piece of work"):
        crew.ask(os.kill, {"a": 0}, {"a": [signal.SIGKILL]})  # 0: its own group, of which it is alone
    crew.close()


def test_what_a_function_raises_in_a_process_is_raised_here():
    crew = Processes(2)
    with pytest.raises(TypeError, match="unsupported operand"):
        crew.ask(pow, {"a": 2.0, "b": "two"}, {"a": [3], "b": [3]})
    assert crew.ask(pow, {"a": 2.0}, {"a": [3, 4]}) == {"a": [8.0, 16.0]}
    crew.close()


def test_ctrl_c_ends_the_processes_at_once():
    crew = Processes(1)
    assert crew.ask(pow, {"a": 2}, {"a": [3]}) == {"a": [8]}
    process = crew.crew[0].popen
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        crew.ask(signal.sigtimedwait, {"b": [signal.SIGUSR1]}, {"b": [30.0]})
    assert process.poll() is not None
    assert crew.crew == [None]


def test_a_process_holds_learns_answers_and_ends_when_nobody_asks():
    messages = [
        ("a", [], [(list.append, [1])]),
        (list.__contains__, {"a": [1, 2]}),
        (list.__getitem__, {"a": [7]}),
        (_unsayable, {"a": [0]}),
    ]
    answers = io.BytesIO()
    worker.serve(io.BytesIO(b"".join(pickle.dumps(message) for message in messages)), answers)
    answers.seek(0)
    assert pickle.load(answers) == {"a": [True, False]}
    assert isinstance(pickle.load(answers), IndexError)
    assert "a process raised" in str(pickle.load(answers))


def _unsayable(thing, point):
    raise ValueError(threading.Lock())
