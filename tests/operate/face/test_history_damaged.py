"""A history that cannot be read is an answer of the page, in words: 503 and how to mend it; the rest of it works on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.operate.face.conftest import opened
from tests.operate.historian.broken import BEGIN_S, DAMAGES, NAMES, make_history, without_rights
from wattstack.operate.face.history import curve, happened, kept
from wattstack.operate.face.shield import Refused

SPAN = f"start_s={BEGIN_S}&end_s={BEGIN_S + 1800}"
ASKED = (f"/api/history?channel={NAMES[0]}&{SPAN}", "/api/channels", f"/api/events?{SPAN}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    return make_history(tmp_path_factory.mktemp("whole")).read_bytes()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("face"), guarded=False) as house:
        house.signed_in = house.client("engineer-1")
        yield house


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_history_is_answered_with_words(page, whole, damage):
    file = page.folder / "history.sqlite"
    file.write_bytes(whole)
    damage(file)
    answers = [page.signed_in.get(asked) for asked in ASKED]
    for answer in answers:
        assert answer.status_code == 503 and answer.headers["retry-after"] == "30"
        why = answer.json()["why"]
        assert why.startswith("FOLDER/history.sqlite: is no whole history")
        assert "wattstack history FOLDER restore COPY" in why and str(page.folder) not in why
    assert page.signed_in.get("/api/site").status_code == 200
    file.write_bytes(whole)
    assert [page.signed_in.get(asked).status_code for asked in ASKED] == [200, 200, 200]


@pytest.mark.parametrize(("what", "mode"), [("site", 0), ("site/history.sqlite", 0)])
def test_a_history_without_rights_is_answered_with_words(whole, what, mode):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        site = Path(folder) / "site"
        site.mkdir()
        (site / "history.sqlite").write_bytes(whole)
        with without_rights(Path(folder) / what, mode):
            for ask in (
                lambda: curve(site, NAMES[0], BEGIN_S, BEGIN_S + 1800, 10),
                lambda: happened(site, BEGIN_S, BEGIN_S + 1800, None, None, 10),
                lambda: kept(site),
            ):
                with pytest.raises(Refused, match="may not be opened") as refused:
                    ask()
                assert refused.value.status == 503
