"""Whatever the workload's program answers: it is understood within its bounds, or told in words, and no more."""

from __future__ import annotations

import asyncio
import json
import time
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.operate.north.conftest import RAW
from wattstack.campus import Campus
from wattstack.operate.north import Site
from wattstack.operate.north.workload import MOST_ANSWER, Cap, Failed, WorkloadWay, ask_program

NUMBERS = st.sampled_from(
    [0, -0.0, 5e-324, 12.0, 25.0, 1e5, 100_001, -1, 4e9, 4_000_000_001, 1e300, 10**400,
     float("nan"), float("inf"), True, "5"]
) | st.floats()  # fmt: skip
TEXTS = st.sampled_from(["", "not now", "\ud800", "\u202e\n\x00", "x" * 300, "x" * 301, 7]) | st.text(
    max_size=20
)
ANY = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NEAR = st.fixed_dictionaries(
    {"taken": st.booleans() | ANY},
    optional={
        "expected_mw": NUMBERS | st.none(),
        "by_s": NUMBERS | st.none(),
        "why": TEXTS | ANY,
        "more": ANY,
    },
)
ANSWERS = (NEAR | ANY).map(lambda one: json.dumps(one).encode()) | st.binary(max_size=200)
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CAP = Cap(12.0, time.time() + 600.0, "dsx.halls: heat wave", 20.0, 5.0)


@pytest.fixture(scope="module")
def folder():
    with TemporaryDirectory(prefix="hook") as name:
        hook = Path(name) / "hook"
        hook.write_text("#!/bin/sh\nexec cat answer\n", encoding="utf-8")
        hook.chmod(0o700)
        yield Path(name)


def told(site: Site) -> list:
    """What waits for a guard that is not there: each is a whole message."""
    return list(site._untold)


@QUICK
@given(answer=ANSWERS)
@example(answer=b'{"taken": true, "by_s": 1e999}')
@example(answer=b"[" * 60_000)
@example(answer=b" " * (MOST_ANSWER + 1))
def test_an_answer_is_within_its_bounds_or_refused_in_words(folder, answer):
    (folder / "answer").write_bytes(answer)
    try:
        said = asyncio.run(ask_program(folder / "hook", (), "{}", 10.0))
    except Failed as failed:
        assert str(failed).startswith("hook ") and len(str(failed)) < 400
        return
    assert json.loads(answer)["taken"] is said.taken
    assert said.expected_mw is None or 0.0 <= said.expected_mw <= 1e5
    assert said.by_s is None or 0.0 <= said.by_s <= 4e9
    assert len(said.why) <= 300


@QUICK
@given(answer=ANSWERS, load_mw=st.sampled_from([None, 0.0, 12.0, 12.5, 20.0, 1e300]))
@example(answer=b'{"taken": true, "by_s": 4e9}', load_mw=20.0)
def test_what_is_told_of_any_answer_is_a_whole_message_and_the_load_is_still_watched(folder, answer, load_mw):
    (folder / "answer").write_bytes(answer)
    campus = Campus.model_validate(
        {**RAW, "operate": {"north": {"workload": {"program": str(folder / "hook")}}}}
    )
    way, site = WorkloadWay(campus), Site(campus, folder)

    async def work() -> None:
        await way._tell(site, CAP)
        way._follows_s = min(way._follows_s or 0.0, site.utc_s - 60.0)  # its time has come
        way._above_s = site.utc_s - 60.0
        await way._watch(site, Cap(CAP.cap_mw, CAP.until_s, CAP.reason, load_mw, None))

    asyncio.run(work())
    levels = [(one.level, one.channel) for one in told(site)]
    understood = way._told is CAP
    assert understood != (("alarm", "north.workload.hook") in levels)
    above = load_mw is not None and load_mw > way._most_mw(CAP.cap_mw)
    assert (("alarm", "north.workload.load") in levels) == above
    assert isfinite(way._next_s) and way._told_s < way._next_s


@pytest.mark.parametrize("by_s", [None, 0.0, 4e9])
def test_a_workload_that_wants_until_the_next_century_is_watched_when_its_cap_is_over(folder, by_s):
    (folder / "answer").write_text(json.dumps({"taken": True, "by_s": by_s}), encoding="utf-8")
    campus = Campus.model_validate(
        {**RAW, "operate": {"north": {"workload": {"program": str(folder / "hook")}}}}
    )
    way = WorkloadWay(campus)
    asyncio.run(way._tell(Site(campus, folder), CAP))
    assert way._follows_s <= CAP.until_s
