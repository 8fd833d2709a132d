"""The gate: what is not exactly as it must be changes nothing. Nothing is accepted without a signature."""

from __future__ import annotations

import base64
import json
from math import inf
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.operate.north.conftest import SET, Partner, moment, target
from wattstack.operate.north.dsx.check import MOST_IDS, MOST_MARKS, Gate
from wattstack.operate.north.dsx.keys import Signer, read_keys
from wattstack.operate.north.dsx.messages import LARGEST_BYTES, Enforcement, SetLoadTarget, read_signed
from wattstack.operate.north.refusals import Refused

NOW = 1_790_000_000.0
GOAL = target(12.0, 600.0, NOW)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A partner, the infrastructure, and the files of their keys."""
    folder = tmp_path_factory.mktemp("keys")
    partners = {"isv/grid-1": Partner(), "infra/ima": Partner("infra", "ima")}
    keys = {}
    for name, one in partners.items():
        (folder / f"{name[:3]}.jwks").write_text(one.jwks(), encoding="utf-8")
        keys[name] = read_keys(folder / f"{name[:3]}.jwks")
    return partners["isv/grid-1"], partners["infra/ima"], keys


@pytest.fixture
def gate(world):
    return Gate(world[2], 300.0)


@pytest.fixture
def partner(world):
    return world[0]


def kind_of(gate, payload: bytes, topic: str = SET, now_s: float = NOW) -> str:
    with pytest.raises(Refused) as refused:
        gate.check(topic, payload, now_s)
    return refused.value.kind


def take(gate, payload: bytes, now_s: float = NOW, until_s: float = inf):
    taken = gate.check(SET, payload, now_s)
    gate.took(taken, until_s, now_s)
    return taken


def test_a_message_as_it_must_be_passes_and_its_words_are_those_that_were_signed(gate, partner):
    taken = gate.check(SET, partner.message(GOAL, NOW), NOW)
    assert json.loads(taken.payload) == GOAL and not taken.repeated
    assert read_signed(SetLoadTarget, taken.payload).targets[0].load_constraint.power_mw == 12.0


def test_the_same_message_again_is_a_repetition_of_its_number(gate, partner):
    said = partner.message(GOAL, NOW)
    take(gate, said)
    assert kind_of(gate, said) == "repeated"


def test_a_number_that_was_refused_is_not_used_up(gate, partner):
    said = json.loads(partner.message(GOAL, NOW))
    forged = {**said, "data": Signer(Partner().signer._key, "k1").sign(b"{}")}
    assert kind_of(gate, json.dumps(forged).encode()) == "forged"
    take(gate, json.dumps(said).encode())


def test_old_signed_words_in_a_new_envelope_are_a_replay(gate, partner):
    """Only data is signed: whoever has the broker can put it into an envelope of today."""
    first = json.loads(partner.message(GOAL, NOW))
    take(gate, json.dumps(first).encode())
    take(gate, partner.message(target(None, None), NOW + 1.0), NOW + 1.0)
    wrapped = {**first, "id": str(uuid4()), "time": moment(NOW + 2.0)}
    assert kind_of(gate, json.dumps(wrapped).encode(), now_s=NOW + 2.0) == "replayed"


def test_the_last_words_said_again_are_no_replay_and_change_nothing(gate, partner):
    take(gate, partner.message(GOAL, NOW))
    assert take(gate, partner.message(GOAL, NOW + 5.0), NOW + 5.0).repeated


def test_a_message_older_than_the_newest_is_a_replay_also_after_a_restart(gate, partner, world):
    early = partner.message(GOAL, NOW - 10.0)
    take(gate, partner.message(target(5.0, 60.0, NOW), NOW))
    assert kind_of(gate, early) == "replayed"
    again = Gate(world[2], 300.0)
    again.restore(json.loads(json.dumps(gate.saved())))
    assert kind_of(again, early) == "replayed"
    blank = Gate(world[2], 300.0)
    blank.begin_after(NOW)
    assert kind_of(blank, early) == "replayed"


@pytest.mark.parametrize("age_s", [301.0, 1e6, -61.0, -1e6])
def test_a_message_of_another_time_is_refused(gate, partner, age_s):
    assert kind_of(gate, partner.message(GOAL, NOW - age_s)) == "expired"


@pytest.mark.parametrize(
    ("header", "kind"),
    [({"iat": NOW - 400.0}, "expired"), ({"iat": NOW + 100.0}, "expired"), ({"exp": NOW - 1.0}, "expired"),
     ({"exp": "soon"}, "schema"), ({"iat": True}, "schema"), ({"iat": NOW, "exp": NOW + 60.0}, "")],
)  # fmt: skip
def test_moments_inside_the_signature_count_where_they_are(gate, partner, header, kind):
    from jwt.api_jws import PyJWS

    made = PyJWS().encode(
        json.dumps(GOAL).encode(), partner.signer._key, "ES256", headers={"kid": "k1", **header}
    )
    payload = partner.message(GOAL, NOW, data=made)
    if kind:
        assert kind_of(gate, payload) == kind
    else:
        take(gate, payload)


def test_a_key_counts_for_its_own_source_alone(gate, world):
    grid, infra, _ = world
    assert kind_of(gate, grid.message(GOAL, NOW, data=infra.signer.sign(b"{}"))) == "forged"
    assert kind_of(gate, infra.message(GOAL, NOW)) == "wrong topic"
    assert (
        kind_of(gate, grid.message(GOAL, NOW), "grid/v1/infra/ima/powerbreach/enforcement") == "wrong topic"
    )
    assert kind_of(gate, grid.message(GOAL, NOW), "grid/v1/isv/grid-2/loadtarget/set") == "wrong topic"
    assert kind_of(gate, grid.message(GOAL, NOW, type="grid.powerbreach.alert.v1")) == "wrong topic"


@pytest.mark.parametrize(
    "more",
    [{"specversion": "1.0"}, {"id": "7"}, {"id": None}, {"id": str(uuid4())[:-1]}, {"source": "//grid/v1/isv/a/b"},
     {"time": "yesterday"}, {"time": 1790000000}, {"time": "2026-09-21T14:13:20"}, {"time": None},
     {"datacontenttype": "text/plain"}, {"traceparent": "00"}, {"traceparent": None}, {"subject": 7},
     {"data": {"targets": []}}, {"data": None}, {"correlationid": "x"}, {"data": "x" * 70_000},
     {"time": "9999-12-31T23:59:59Z"}],
)  # fmt: skip
def test_an_envelope_of_another_shape_is_refused(gate, partner, more):
    assert kind_of(gate, partner.message(GOAL, NOW, **more)) in ("schema", "oversized", "expired")


def test_what_the_envelope_has_more_is_left_and_what_the_words_have_more_is_refused(gate, partner):
    take(gate, partner.message(GOAL, NOW, partnerextension="x", tracestate="a=b"))
    odd = json.dumps({**GOAL, "direction": "up"}).encode()
    with pytest.raises(Refused, match="direction"):
        read_signed(SetLoadTarget, odd)


@pytest.mark.parametrize(
    "words",
    ['{"value": 0, "unit": "megawatt"}', '{"value": -1, "unit": "megawatt"}', '{"value": NaN, "unit": "watt"}',
     '{"value": Infinity, "unit": "watt"}', '{"value": 1e999, "unit": "watt"}', '{"value": 1e300, "unit": "megawatt"}',
     '{"value": "5", "unit": "megawatt"}', '{"value": true, "unit": "megawatt"}', '{"value": 5, "unit": "MW"}',
     '{"value": 5}', '{"unit": "megawatt"}', "5", '"x"', "[]", '{"value": 100001, "unit": "megawatt"}'],
)  # fmt: skip
def test_a_number_that_cannot_be_is_refused(words):
    with pytest.raises(Refused):
        read_signed(
            SetLoadTarget, ('{"targets": [{"interval": {}, "load_constraint": ' + words + "}]}").encode()
        )


BACK = '{"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}'
NONE = '{"interval": {}, "load_constraint": null}'


@pytest.mark.parametrize(
    "words",
    ['{"targets": []}', "{}", "[]", '{"targets": [{"interval": {}}]}', '{"targets": [{"load_constraint": null}]}',
     '{"targets": [{"load_constraint": null, "interval": ' + BACK + "}]}", '{"targets": ' + "[" * 5000,
     '{"targets": [{"load_constraint": null, "interval": {}, "feed_tags": [""]}]}', '{"targets": "x"}', "", "\x00",
     '{"targets": [{"load_constraint": null, "interval": {}, "strategy": {"best_effort": "yes"}}]}',
     '{"targets": [' + ",".join([NONE] * 33) + "]}"],
)  # fmt: skip
def test_words_of_another_shape_are_refused(words):
    with pytest.raises(Refused):
        read_signed(SetLoadTarget, words.encode())


def test_an_outcome_of_the_infrastructure_is_read():
    said = {
        "breach_id": str(uuid4()), "feed_tag": "main", "action": "applied", "code": "partial",
        "timestamp": "2026-09-21T14:13:20Z",
        "results": [{"resource_id": "n1", "resource_type": "node", "requested_action": "power_cap", "code": "applied",
                     "applied_power": {"value": 400, "unit": "watt"}}],
    }  # fmt: skip
    assert read_signed(Enforcement, json.dumps(said).encode()).results[0].code == "applied"
    with pytest.raises(Refused):
        read_signed(Enforcement, json.dumps({**said, "code": "fine"}).encode())


def test_a_message_of_a_gigabyte_is_refused_by_its_length_alone(gate):
    assert kind_of(gate, bytes(LARGEST_BYTES + 1)) == "oversized"


def test_what_is_remembered_has_an_end(gate, partner, world):
    taken = gate.check(SET, partner.message(GOAL, NOW), NOW)
    for k in range(MOST_MARKS + 50):
        object.__setattr__(taken, "mark", f"{k}")
        object.__setattr__(taken.envelope, "__dict__", {**taken.envelope.__dict__, "id": uuid4()})
        gate.took(taken, inf, NOW)
    kept = gate.saved()[SET]
    assert (len(kept["ids"]), len(kept["marks"])) == (MOST_IDS, MOST_MARKS)


def test_words_that_say_nothing_any_more_are_forgotten(gate, partner):
    take(gate, partner.message(GOAL, NOW), until_s=NOW + 600.0)
    take(gate, partner.message(target(4.0, 1200.0, NOW), NOW + 700.0), NOW + 700.0)
    assert len(gate.saved()[SET]["marks"]) == 1


# -- anything at all ---------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(st.binary(max_size=300) | JSON.map(lambda one: json.dumps(one).encode()))
def test_anything_at_all_is_refused_without_a_crash(gate, payload):
    assert kind_of(gate, payload) in ("schema", "oversized")
    for model in (SetLoadTarget, Enforcement):
        with pytest.raises(Refused):
            read_signed(model, payload)


@QUICK
@given(st.data())
def test_a_message_with_anything_in_the_place_of_one_part_passes_only_with_signed_words(gate, partner, data):
    said = json.loads(partner.message(GOAL, NOW))
    name = data.draw(st.sampled_from(sorted(said)))
    said[name] = data.draw(JSON | st.text(alphabet="abcdef0123456789-./:TZ", max_size=60))
    try:
        taken = gate.check(SET, json.dumps(said).encode(), NOW)
    except Refused:
        return
    assert json.loads(taken.payload) == GOAL and name in (
        "subject",
        "correlationid",
        "tracestate",
        "traceparent",
        "time",
        "id",
    )


@QUICK
@given(st.data())
def test_no_change_of_a_signed_text_passes_with_other_words(gate, partner, data):
    said = json.loads(partner.message(GOAL, NOW))
    text = said["data"]
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="))
    said["data"] = text[:place] + letter + text[place + 1 :]
    try:
        taken = gate.check(SET, json.dumps(said).encode(), NOW)
    except Refused:
        return
    assert json.loads(taken.payload) == GOAL


@QUICK
@given(words=JSON)
def test_signed_nonsense_passes_the_gate_and_not_the_reader(gate, partner, words):
    text = base64.urlsafe_b64encode(json.dumps(words).encode()).rstrip(b"=").decode()
    head = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"k1"}').rstrip(b"=").decode()
    assert kind_of(gate, partner.message(GOAL, NOW, data=f"{head}.{text or 'AA'}.{'A' * 86}")) == "forged"
    taken = gate.check(SET, partner.message(words if words is not None else 0, NOW), NOW)
    with pytest.raises(Refused):
        read_signed(SetLoadTarget, taken.payload)
