"""Who may tell the site what to do: what is declared, and how faults are told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus.north import Dsx, North
from wattstack.campus.operate import Operate

DSX = {
    "host": "broker.example.net", "certificate": "c.pem", "key": "c.key", "signing_key": "s.key",
    "publishers": {"grid-1": {"keys": "g.jwks"}},
}  # fmt: skip


def faults(**more) -> str:
    with pytest.raises(ValidationError) as error:
        Dsx.model_validate({**DSX, **more})
    return str(error.value)


def test_nobody_is_declared_until_somebody_is():
    assert not North().declared and not Operate().north.declared
    assert North.model_validate({"dsx": DSX}).declared


def test_half_a_certificate_and_one_name_in_two_roles_are_told_together():
    said = faults(key=None, infra={"grid-1": {"keys": "i.jwks"}})
    assert "must be given together" in said and "must have one role" in said


def test_a_broker_that_asks_for_no_proof_of_us_is_refused():
    assert "must be given" in faults(certificate=None, key=None)
    assert Dsx.model_validate({**DSX, "certificate": None, "key": None, "password": "p.txt"}).port == 8883


@pytest.mark.parametrize(
    ("more", "word"),
    [({"publishers": {}}, "at least 1"), ({"publishers": {"a/b": {"keys": "g"}}}, "pattern"),
     ({"feeds": {"main": "export"}}, "'import' or 'load'"), ({"prefix": "no-slash"}, "pattern"),
     ({"lost_after_s": 1e6}, "less than or equal"), ({"identifier": "#"}, "pattern"), ({"port": 0}, "greater")],
)  # fmt: skip
def test_what_cannot_be_is_refused(more, word):
    assert word in faults(**more)
