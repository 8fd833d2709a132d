"""What is doubtful is a warning: slips of units, prices that make the plan ration, suppliers that come late."""

from __future__ import annotations

import pytest


def put(table, row, **values):
    """Change values of a row."""

    def change(raw):
        (raw[table][row] if row is not None else raw[table]).update(values)

    return change


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (put("storage", 0, cost_per_kwh=0.19),
         "storage.csv row 2, cost_per_kwh  is 0.19 USD/kWh, usual are 20 .. 2,000 USD/kWh. "
         "Was it in M USD/MWh (190 here)?"),
        (put("segments", 0, price_per_kwh=318000),
         "segments.csv row 2, price_per_kwh  is 318,000 USD/kWh, usual are 20 .. 2,000 USD/kWh. "
         "Was it in M USD/MWh (318 here)?"),
        (put("sites", "east", price_per_mwh=0.08),
         "sites.csv row 2, price_per_mwh  is 0.08 USD/MWh, usual are 2 .. 1,000 USD/MWh. "
         "Was it in USD/kWh (80 here)?"),
        (put("servers", "first_gen", capital_m_per_mw=20200),
         "servers.csv row 2, capital_m_per_mw  is 20,200 M USD/MW, usual are 1 .. 500 M USD/MW. "
         "Was it in USD/kW (20.2 here)?"),
        (put("generation", 0, capital_m_per_mw=1900000),
         "generation.csv row 2, capital_m_per_mw  is 1.9e+06 M USD/MW, usual are 0.1 .. 50 M USD/MW. "
         "Look at its unit."),
        (put("stages", 0, power_mw=30000),
         "stages.csv row 2, power_mw  is 30000 MW, more than 20000. Were kW meant (30 MW)?"),
        (put("items", 0, pipeline_units=80000),
         "items.csv row 2, pipeline_units  is 80000 MW, more than 20000. Were kW meant (80 MW)?"),
        (put("suppliers", 0, from_quarter="2027Q3"),
         "suppliers.csv row 2, from_quarter  is 2027Q3: until then the shares of the suppliers of servers do not "
         "reach 1, so none of it can be ordered."),
        (put("sites", "east", outdoor_limit_mwh=30_000_000),
         "sites.csv row 2, outdoor_limit_mwh  is 30,000,000 MWh, more than 200,000. Were kWh meant (30,000 MWh)?"),
        (put("sites", "east", reserve_mwh_per_mw=500),
         "sites.csv row 2, reserve_mwh_per_mw  is 500 MWh/MW IT, more than a day of computing. "
         "Were kWh meant (0.5 MWh)?"),
        (put("sites", "east", it_start_mw=100),
         "sites.csv row 2, it_start_mw  is 100 MW, but servers for 10 MW are there: no more can run."),
    ],
)  # fmt: skip
def test_a_slip_is_asked_about(changed, change, warning):
    assert changed(change).warnings == (warning,)


def test_costs_of_cells_are_asked_about(changed):
    (warning,) = changed(put("factory", None, material_per_kwh=0.1)).warnings
    assert warning.startswith(
        "portfolio.yaml factory.material_per_kwh  is 0.1 USD/kWh, usual are 1 .. 2,000 USD/kWh."
    )


def test_a_slip_is_found_in_any_currency(changed):
    def change(raw):
        raw["currency"] = "JPY"
        for table, name, factor in (("storage", "cost_per_kwh", 150), ("segments", "price_per_kwh", 150)):
            for row in raw[table]:
                if name in row:
                    row[name] *= factor
        for table in ("sites", "servers"):
            for row in raw[table].values():
                row |= {
                    k: v * 150
                    for k, v in row.items()
                    if k.startswith(("price_", "grid_fee", "capital", "revenue_m"))
                }
        for row in (*raw["items"], *raw["generation"], *raw["storage"], *raw["segments"]):
            row |= {k: v * 150 for k, v in row.items() if k.startswith(("capital", "running", "integration"))}
        for name in ("material_per_kwh", "conversion_start_per_kwh"):
            raw["factory"][name] *= 150

    assert changed(change).warnings == ()

    def slipped(raw):
        change(raw)
        raw["storage"][0]["cost_per_kwh"] = 190

    (warning,) = changed(slipped).warnings
    assert warning == (
        "storage.csv row 2, cost_per_kwh  is 190 JPY/kWh (1.27 USD/kWh), usual are 20 .. 2,000 USD/kWh. "
        "Was it in M JPY/MWh (190,000 here)?"
    )


def test_what_is_far_beyond_any_slip_is_refused(told):
    def change(raw):
        next(iter(raw["servers"].values()))["revenue_m_per_mw_year"] = 1e12
        raw["sites"]["east"]["crew_mw"] = 1e12
        raw["sites"]["north"]["outdoor_limit_mwh"] = 1e12
        raw["factory"]["material_per_kwh"] = 1e12

    faults = told(change)
    far = "and that is far beyond the usual. Look at its unit."
    assert faults["servers.csv row 2, revenue_m_per_mw_year"] == (
        f"is 1e+12 M USD/MW/year, must be at most 5e+07, {far}"
    )
    assert faults["sites.csv row 2, crew_mw"] == f"is 1e+12 MW, must be at most 2e+09, {far}"
    assert faults["sites.csv row 3, outdoor_limit_mwh"] == f"is 1e+12 MWh, must be at most 2e+10, {far}"
    (factory,) = (what for where, what in faults.items() if where.endswith("factory.material_per_kwh"))
    assert factory.startswith(f"is 1e+12 USD/kWh, must be at most 2e+08, {far}")
    assert len(faults) == 4


def test_a_currency_of_unknown_size_is_not_asked_about(changed):
    def change(raw):
        raw["currency"] = "XAU"
        del raw["exchange"]

    assert not any("usual are" in warning for warning in changed(change).warnings)


def test_prices_that_pay_back_at_once_make_the_plan_ration(changed):
    def change(raw):
        for server in raw["servers"].values():
            server["revenue_m_per_mw_year"] = 60.0

    (warning,) = changed(change).warnings
    assert warning.startswith(
        "Every MW pays back within 0.5 .. 0.7 years, so the plan only shares out what is short."
    )


def test_a_loss_is_no_quick_payback(changed):
    def change(raw):
        for server in raw["servers"].values():
            server["revenue_m_per_mw_year"] = 0.6

    assert changed(change).warnings == ()
