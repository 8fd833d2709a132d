"""Campaigns on a Dask cluster: the same bits, whoever dies; and what Ctrl-C leaves."""

import os
import signal
import threading

import pytest

from wattstack.prove import outage
from wattstack.prove.stand import run_span
from wattstack.work import Team


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of two processes of this machine; its workers come back when killed."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install .[cluster]")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as made:
        yield made


def test_a_cluster_says_what_threads_say_to_the_last_bit_even_when_a_worker_is_killed(
    study, outages, cluster, monkeypatch
):
    monkeypatch.setattr(outage, "ROUND", 4)  # two hundred campaigns in four rounds
    with Team(cluster=cluster.scheduler_address) as team, cluster.get_client() as client:
        client.wait_for_workers(2, timeout=60)
        victims = list(client.run(os.getpid).values())
        asked = []

        def ask(function, keys, points):
            if len(asked) == 2:
                os.kill(victims[0], signal.SIGKILL)
            asked.append(points)
            return Team.map(team, function, keys, points)

        monkeypatch.setattr(team, "map", ask)
        told = study.run(team)
    assert len(asked) == 4
    assert told.campaigns.equals(outages.campaigns)


def test_campaigns_do_not_depend_on_those_before_them_on_the_same_stand(study):
    whole = run_span(study.stand, (0, 30))
    for first, last in ((20, 30), (5, 6), (0, 10)):
        assert (run_span(study.stand, (first, last)) == whole[first:last]).all()


def test_ctrl_c_ends_the_campaigns_between_two_rounds(study):
    timer = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT])

    class Slow(Team):
        """Rounds without end."""

        def map(self, function, keys, points):
            answers = super().map(function, keys, points)
            threading.Event().wait(5.0)
            return answers

    timer.start()
    with pytest.raises(KeyboardInterrupt), Slow(workers=2) as team:
        study.run(team)
    timer.join()
