"""Progress on the terminal; questions spread over threads and over a Dask cluster of two processes."""

import io
import os
import pickle
import signal
import sys
import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest

from wattstack import work
from wattstack.dispatch import Amount, Problem, Storage, Supply, dispatch_year
from wattstack.errors import Fault, InfeasibleError, InputError, StateError
from wattstack.work import bar
from wattstack.work import cluster as cluster_of
from wattstack.work.answer import Held, answer_all

POWER, ENERGY = "battery.main.power_mw", "battery.main.energy_mwh"


class Terminal(io.StringIO):
    """Standard error that a person looks at."""

    def isatty(self):
        return True


@pytest.fixture
def look(monkeypatch):
    """Call it inside the test: pytest puts its own standard error back after every fixture."""

    def put(screen, quiet_s=bar.QUIET_S):
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(bar, "QUIET_S", quiet_s)
        monkeypatch.setenv("TERM", "xterm")
        return screen

    return put


def test_short_work_shows_nothing(look):
    screen = look(Terminal())
    with work.progress("Reading prices.csv", total=2) as bar:
        bar.advance()
        bar.advance()
    assert bar.done == 2
    assert screen.getvalue() == ""


def test_long_work_names_itself_and_how_far_it_is(look):
    screen = look(Terminal(), quiet_s=0.0)
    with work.progress("Reading prices.csv", total=2) as bar:
        bar.advance(note="half")
        time.sleep(0.25)
        bar.advance()
    assert "Reading prices.csv half" in screen.getvalue()


def test_work_inside_work_shows_no_bar_of_its_own(look):
    screen = look(Terminal(), quiet_s=0.0)
    with work.progress("Outer", total=2) as outer:
        with work.progress("Inner", total=1) as inner:
            inner.advance()
        assert screen.getvalue() == ""
        outer.advance()
        time.sleep(0.25)
    assert "Outer" in screen.getvalue() and "Inner" not in screen.getvalue()


def test_nothing_is_shown_where_nobody_looks(look):
    screen = look(io.StringIO(), quiet_s=0.0)
    with work.progress("Reading", total=1) as bar:
        bar.advance()
    assert screen.getvalue() == ""


def test_ctrl_c_passes_through_and_takes_the_bar_down(look):
    screen = look(Terminal(), quiet_s=0.0)

    def stopped():
        with work.progress("Planning sakai") as bar:
            bar.advance()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert "\x1b[?25h" in screen.getvalue()  # the cursor is given back


def a_site(number):
    """A week of hours with a battery, another one for every number."""
    rng = np.random.default_rng(number)
    price = 60.0 + 40.0 * np.sin(np.arange(168) / 24.0 * 2.0 * np.pi) + rng.normal(0.0, 15.0, 168)
    return Problem(
        step_h=1.0,
        load_mw=rng.uniform(60.0, 100.0, 168),
        supplies=(
            Supply("grid", "import", price, Amount(90.0)),
            Supply("unserved", "unserved", 5e3, Amount(np.inf)),
        ),
        storages=(
            Storage(
                "battery.main", Amount(0.0, 1.0, POWER), Amount(0.0, 1.0, POWER), Amount(0.0, 1.0, ENERGY),
                charge_eff=0.95, discharge_eff=0.95, kept_frac_per_h=0.9999,
            ),
        ),
    )  # fmt: skip


SITES = {f"site {i}": a_site(i) for i in range(6)}
KEYS = [*SITES, *SITES]  # every site is asked twice
POINTS = [{POWER: 5.0 + i, ENERGY: 10.0 + 7.0 * i} for i in range(len(KEYS))]


def asked(team):
    """Answers of a team to the last bit."""
    for key, problem in SITES.items():
        team.keep(key, problem)
    return [(d.value, d.bound, *d.gradient.values()) for d in team.map(dispatch_year, KEYS, POINTS)]


@pytest.fixture(scope="module")
def alone():
    """What one worker says: this thread."""
    with work.Team() as team:
        return asked(team)


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of two processes of this machine; its workers come back when killed."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install .[cluster]")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as made:
        yield made


@pytest.fixture
def two_workers(cluster):
    """The cluster with both of its workers there."""
    cluster.scale(2)
    with cluster.get_client() as client:
        client.wait_for_workers(2, timeout=30)
    return cluster


def test_two_threads_say_what_one_says_to_the_last_bit(alone):
    with work.Team(workers=2) as team:
        assert asked(team) == alone


def test_a_cluster_says_what_one_thread_says_to_the_last_bit(two_workers, alone):
    with work.Team(cluster=two_workers.scheduler_address) as team:
        assert asked(team) == alone
        assert asked(team) == alone, "the second time everything is there already"


def test_a_thing_travels_to_one_worker_once(two_workers):
    with work.Team(cluster=two_workers.scheduler_address) as team:
        asked(team)
        first = {key: held.key for key, held in team._cluster.held.items()}
        asked(team)
        assert {key: held.key for key, held in team._cluster.held.items()} == first
        held = two_workers.scheduler.tasks
        assert [len(held[name].who_has) for name in first.values()] == [1] * len(SITES)
        shares = sorted(list(team._cluster.homes.values()).count(w) for w in two_workers.scheduler.workers)
        assert shares == [3, 3], "work is shared evenly"


def test_what_a_killed_worker_held_is_sent_again(two_workers, alone):
    with work.Team(cluster=two_workers.scheduler_address) as team:
        assert asked(team) == alone
        home = team._cluster.homes["site 0"]
        os.kill(team._cluster.client.run(os.getpid, workers=[home])[home], signal.SIGKILL)
        assert asked(team) == alone
        assert team._cluster.homes["site 0"] != home


def test_a_worker_killed_half_way_changes_no_bit(two_workers, alone, tmp_path):
    flag = str(tmp_path / "killed")

    def fatal_once(problem, point):
        if point[POWER] == 8.0:
            try:
                os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        made = dispatch_year(problem, point)
        return (made.value, made.bound, *made.gradient.values())

    with work.Team(cluster=two_workers.scheduler_address) as team:
        for key, problem in SITES.items():
            team.keep(key, problem)
        assert team.map(fatal_once, KEYS, POINTS) == alone
    assert os.path.exists(flag), "a worker must have been killed, or the test shows nothing"


def test_a_thing_that_learns_knows_on_another_worker_what_it_knew(two_workers):
    def learn(seen, point):
        seen.append(point)
        return float(np.sum(np.sqrt(seen)))

    def lessons(team, between=lambda: None):
        team.keep("a", [])
        team.keep("b", [2.0])
        answers = team.map(learn, ["a", "a", "b"], [3.0, 5.0, 7.0])
        between()
        return answers + team.map(learn, ["b", "a"], [11.0, 13.0]) + team.map(learn, ["a"], [17.0])

    with work.Team() as one:
        expected = lessons(one)
    with work.Team(workers=2) as two:
        assert lessons(two) == expected
    with work.Team(cluster=two_workers.scheduler_address) as far:

        def kill():
            home = far._cluster.homes["a"]
            os.kill(far._cluster.client.run(os.getpid, workers=[home])[home], signal.SIGKILL)

        assert lessons(far, kill) == expected
    with work.Team(cluster=two_workers.scheduler_address) as far:

        def run_unheard():
            held = far._cluster.held["a"]
            far._cluster.client.submit(lambda own: own.answer(learn, [1.0]), held, pure=False).result()

        assert lessons(far, run_unheard) == expected, "a copy that has seen what we have not is no use"


def test_a_copy_that_missed_a_question_does_not_answer():
    def add(seen, point):
        seen.append(point)
        return sum(seen)

    once, twice = [(add, [1])], [(add, [1]), (add, [2])]
    assert answer_all(add, [Held([])], [[3, 4]], [(1, once)]) == [[4, 8]]
    known = Held([])
    known.answer(*once[0])
    assert answer_all(add, [known], [[3]], [(2, twice)]) == [None]


def test_workers_that_die_every_time_end_the_work_in_words(two_workers, monkeypatch):
    monkeypatch.setattr(cluster_of, "TRIES", 2)

    def fatal(thing, point):
        os.kill(os.getpid(), signal.SIGKILL)

    with work.Team(cluster=two_workers.scheduler_address) as team:
        team.keep("a", 1)
        with pytest.raises(StateError, match="were lost 2 times over one piece of work"):
            team.map(fatal, ["a"], [1])


def test_a_cluster_without_workers_says_so(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install .[cluster]")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as empty,
        work.Team(cluster=empty.scheduler_address) as team,
    ):
        # of the wait for workers only: who connects may be slow
        monkeypatch.setattr(cluster_of, "CONNECT_S", 0.5)
        team.keep("a", 1)
        with pytest.raises(StateError, match=r"has no workers\. Start some: dask worker tcp://"):
            team.map(pow, ["a"], [1])


def test_workers_that_come_a_little_late_are_waited_for():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install .[cluster]")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as late,
        work.Team(cluster=late.scheduler_address) as team,
    ):
        threading.Timer(0.3, late.scale, [1]).start()
        team.keep("a", 2)
        assert team.map(pow, ["a"], [5]) == [32]


def test_a_scheduler_that_goes_away_ends_the_work_in_words(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install .[cluster]")
    with distributed.LocalCluster(n_workers=1, dashboard_address=":0", silence_logs=50) as gone:
        team = work.Team(cluster=gone.scheduler_address)
        team.keep("a", 2)
        assert team.map(pow, ["a"], [5]) == [32]
        monkeypatch.setattr(cluster_of, "CONNECT_S", 1.0)
    with team, pytest.raises(StateError, match="is gone or has no workers"):
        team.map(pow, ["a"], [5])


def test_an_address_where_nobody_answers_is_refused(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install .[cluster]")
    monkeypatch.setattr(cluster_of, "CONNECT_S", 0.5)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://nobody\.invalid:9"):
        work.Team(cluster="tcp://nobody.invalid:9")


def test_a_cluster_without_dask_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'wattstack\[cluster\]'"):
        work.Team(cluster="tcp://scheduler:8786")


def refuse(thing, point):
    """An answer, or an error in words."""
    if point < 0:
        raise InputError("points.csv", [Fault(thing, f"is {point}, must be >= 0. Give another.")])
    return point


def test_the_first_error_in_the_order_of_the_questions_is_raised_whoever_meets_it(two_workers):
    keys, points = ["a", "b", "b", "a"], [1, 2, -3, -4]

    def told(team):
        for key in "ab":
            team.keep(key, key)
        with pytest.raises(InputError) as error:
            team.map(refuse_there, keys, points)
        return str(error.value)

    def refuse_there(thing, point):  # not of a module, so that it travels to the cluster itself
        return refuse(thing, point)

    with work.Team() as one, work.Team(workers=2) as two:
        assert told(one) == told(two)
        assert "is -3" in told(one)
        with work.Team(cluster=two_workers.scheduler_address) as far:
            assert told(far) == told(one)


def test_a_mistake_of_ours_on_a_worker_is_raised_here(two_workers):
    with work.Team(cluster=two_workers.scheduler_address) as team:
        team.keep("a", 1)
        with pytest.raises(ZeroDivisionError):
            team.map(lambda thing, point: thing / point, ["a"], [0])


@dataclass
class Line:
    """An operation: value and slope of a line."""

    key: str
    slope: float
    steps: int = 1

    def visit(self, point):
        """Value here, and who was asked."""
        return self.slope * point, threading.current_thread().name


def test_operations_are_visited_in_order_with_equal_keys_sharing_one():
    asked = [(Line("a", 2.0), 1.0), (Line("b", 3.0), 2.0), (Line("a", 2.0), 3.0)]
    with work.Team() as team:
        assert [value for value, _ in team.visit(asked)] == [2.0, 6.0, 6.0]
    with work.Team(workers=2) as team:
        answers = team.visit(asked)
    assert [value for value, _ in answers] == [2.0, 6.0, 6.0]
    assert all(name.startswith("wattstack") for _, name in answers)


def test_questions_and_things_must_pair():
    for workers in (0, 2):
        with work.Team(workers=workers) as team, pytest.raises(ValueError, match="longer"):
            team.keep("a", 1)
            team.map(pow, ["a"], [1, 2])


def test_errors_cross_to_another_process_with_all_they_say():
    faults = [Fault("a.b", "is 1"), Fault("c", "is 2")]
    error = pickle.loads(pickle.dumps(InputError("campus.yaml", faults)))
    assert str(error) == str(InputError("campus.yaml", faults))
    assert error.faults == tuple(faults)
    assert pickle.loads(pickle.dumps(InfeasibleError("no", {"step": 3}))).details == {"step": 3}
