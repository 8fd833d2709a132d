"""The page of campaigns of outages: chance and interval, losses, causes, the worst cases, how it was drawn."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.prove.conftest import CHANGES, SURE
from tests.report.reader import read
from tests.twin.conftest import SMALL, merged
from wattstack.campus import Campus
from wattstack.errors import InputError
from wattstack.prove import Tilt, simulate_outages, write_outages
from wattstack.report import write_report


def proven(changes: dict | None = None, **options):
    campus = Campus.model_validate(merged(merged(SMALL, CHANGES), changes or {}))
    return simulate_outages(campus, 60, 12.0, seed=3, **options)


def figures_of(html: str) -> dict:
    data = re.search(r'<script type="application/json" id="figures">(.*?)</script>', html, re.DOTALL)
    return json.loads(data[1].replace("<\\/", "</"))


@pytest.fixture(scope="module")
def lossy():
    """Campaigns in which load is lost: no generators, and long outages."""
    return proven(
        {"generator": None, "grid": {"connection": {"reliability": {"outage_h": {"median": 4, "p95": 9}}}}}
    )


@pytest.fixture(scope="module")
def folder(lossy, tmp_path_factory):
    out = tmp_path_factory.mktemp("outages")
    write_outages(lossy, out)
    return out


@pytest.fixture(scope="module")
def page(folder) -> str:
    return write_report(folder, folder / "report.html").read_text(encoding="utf-8")


def test_the_page_says_the_chance_with_its_interval(page, lossy):
    seen = read(page)
    assert seen.cards["Critical load served"] == pytest.approx(lossy.served.value)
    assert seen.cards["Losses a year"] == pytest.approx(lossy.figures["lost_per_year"])
    assert "with 95 % confidence" in page.replace("\u00a0", " ")


def test_a_folder_gives_the_page_of_the_campaigns_in_memory(page, lossy, tmp_path):
    assert write_report(lossy, tmp_path / "page.html").read_text(encoding="utf-8") == page


def test_every_share_of_the_outages_is_told_once(page):
    figures = figures_of(page)
    for name in ("outage-lengths", "outage-charge"):
        assert sum(sum(trace["y"]) for trace in figures[name]["data"]) == pytest.approx(100.0, abs=0.1)
    more = figures["outage-losses"]["data"][0]["y"]
    assert more == sorted(more, reverse=True) and 0.0 < more[0] <= 100.0


def test_survival_falls_and_stays_in_its_band(page):
    low, high, chance = (trace["y"] for trace in figures_of(page)["outage-survival"]["data"])
    assert chance == sorted(chance, reverse=True)
    assert all(a <= c <= b for a, c, b in zip(low, chance, high, strict=True))


def test_the_worst_cases_are_those_that_lost_most_and_are_in_balance(lossy):
    unserved = lossy.campaigns["unserved_mwh"].to_numpy()
    shown = list(dict.fromkeys(lossy.worst["campaign"]))
    assert unserved[shown].tolist() == sorted(unserved, reverse=True)[:3]
    for number in shown:
        course = lossy.worst[lossy.worst["campaign"] == number]
        assert course["unserved_mw"].sum() / 60.0 == pytest.approx(unserved[number])
        sources = course[
            ["import_mw", "solar_mw", "generator_mw", "battery_mw", "put_off_mw", "unserved_mw"]
        ].sum(axis=1)
        away = (course["import_mw"] == 0.0).to_numpy()
        assert away.any()
        gap = np.abs(sources - course["load_mw"]).to_numpy()[away]
        # an island's frequency takes less than a thousandth
        assert gap.max() <= 1e-3 * course["load_mw"].max()


def test_causes_stand_with_their_share(page, lossy):
    causes = next(table for table in read(page).tables if table[0][0][0] == "Failed first")
    assert len(causes) - 1 == len(lossy.causes)
    assert sum(row[3][1] for row in causes[1:]) == pytest.approx(1.0)


def test_where_nothing_is_lost_the_page_says_so(tmp_path):
    sure = proven({
        "generator": {"gas": SURE},
        "grid": {"connection": {"reliability": {"outage_h": {"median": 0.02, "p95": 0.03}, "common_cause_frac": 0}}},
    })  # fmt: skip
    html = write_report(sure, tmp_path / "page.html").read_text(encoding="utf-8")
    assert sure.served.value == 1.0
    assert "Critical load was lost in none of them" in html
    assert not {
        name for name in figures_of(html) if name.startswith("outage-worst") or name == "outage-losses"
    }


def test_importance_sampling_is_told_with_its_tilt(page, tmp_path):
    assert "All were drawn as declared" in page
    html = write_report(proven(tilt=Tilt()), tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Importance sampling" in html and "failures 5 times as frequent" in html


def test_campaigns_are_laid_beside_nothing(folder, tmp_path):
    with pytest.raises(InputError, match="is campaigns of outages, which stands for itself"):
        write_report(folder, tmp_path / "page.html", folder)
