"""Bills worked out by hand, clause by clause. Every figure a person can check stands in the test."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.campus import Window
from wattstack.errors import InputError

JANUARY = ("2022-01-01T00:00Z", "2022-02-01T00:00Z")  # 744 hours
QUARTER = ("2022-01-01T00:00Z", "2022-04-01T00:00Z")
YEAR = ("2022-01-01T00:00Z", "2023-01-01T00:00Z")


def at(calendar, stamp, value_mw, rest_mw=100.0):
    """A constant import with one step that differs."""
    import_mw = np.full(calendar.axis.count, rest_mw)
    import_mw[np.flatnonzero(calendar.axis.stamps == np.datetime64(stamp))] = value_mw
    return import_mw


def peak_row(bill, month, charge="monthly"):
    rows = bill.peaks
    return rows[(rows["charge"] == charge) & (rows["month"] == month)].iloc[0]


def test_flat_energy_and_adders_by_line(calendar_of, tariff_of, bill_of):
    lines = {"energy": 50.0, "levy": 3.0, "wheeling": 2.0}
    bill = bill_of(tariff_of(), calendar_of(*JANUARY), 100.0, energy_lines_per_mwh=lines)
    assert bill.by_line.to_dict() == pytest.approx(
        {"energy": 744 * 100 * 50, "levy": 744 * 100 * 3, "wheeling": 744 * 100 * 2}
    )
    assert bill.total == pytest.approx(744 * 100 * 55)
    assert bill.peaks.empty


def test_time_of_use_energy_by_weekday_hour_and_holiday(calendar_of, tariff_of, bill_of):
    # July 2022: 21 weekdays, of which Monday 18th is a holiday; 12 dear hours on each of the 20 left.
    calendar = calendar_of(
        "2022-07-01T00:00+09:00", "2022-08-01T00:00+09:00", "1h", "Asia/Tokyo", ["2022-07-18"]
    )
    clock = calendar.clock
    dear = Window(days="weekday", hours=["8-20"]).mask(
        clock.local_month, clock.local_weekday, clock.local_hour
    )
    prices = np.where(dear, 80.0, 40.0)
    bill = bill_of(tariff_of(), calendar, 10.0, energy_lines_per_mwh={"energy": prices})
    assert bill.total == pytest.approx(10 * (20 * 12 * 80 + (744 - 240) * 40))


def test_a_month_of_25_hour_day_pays_745_hours(calendar_of, tariff_of, bill_of):
    calendar = calendar_of("2022-10-01T00:00+02:00", "2022-11-01T00:00+01:00", "1h", "Europe/Paris")
    assert bill_of(tariff_of(fixed_per_month=7.0), calendar, 1.0).by_line.to_dict() == {
        "energy": 745 * 50.0,
        "fixed": 7.0,
    }


def test_demand_charge_bills_the_highest_hour_of_the_month_and_names_it(calendar_of, tariff_of, bill_of):
    calendar = calendar_of(*JANUARY, "1h", "Europe/Paris")
    tariff = tariff_of(demand={"monthly": {"price_per_mw_month": 1000.0}})
    bill = bill_of(tariff, calendar, at(calendar, "2022-01-12T16:00", 130.0))
    # 1 h is February's
    assert bill.lines.loc["demand.monthly", "2022-01"] == pytest.approx(130_000.0 * 743 / 744)
    row = peak_row(bill, "2022-01")
    assert row["peak_mw"] == row["billed_mw"] == 130.0
    assert row["start_utc"] == np.datetime64("2022-01-12T16:00")
    assert row["start_local"] == "2022-01-12T17:00+01:00"
    assert row["set_by"] == "2022-01"


def test_demand_window_looks_at_weekday_hours_only_and_a_holiday_is_no_weekday(
    calendar_of, tariff_of, bill_of
):
    calendar = calendar_of(
        "2022-07-01T00:00+09:00", "2022-08-01T00:00+09:00", "30min", "Asia/Tokyo", ["2022-07-18"]
    )
    import_mw = at(calendar, "2022-07-04T17:00", 200.0)  # Tuesday 02:00 local: outside the hours
    import_mw = np.maximum(import_mw, at(calendar, "2022-07-09T03:00", 190.0))  # Saturday noon
    import_mw = np.maximum(import_mw, at(calendar, "2022-07-18T03:00", 180.0))  # holiday, noon
    import_mw = np.maximum(import_mw, at(calendar, "2022-07-06T11:00", 170.0))  # Wednesday 20:00: just out
    import_mw = np.maximum(import_mw, at(calendar, "2022-07-05T23:00", 120.0))  # Wednesday 08:00: just in
    tariff = tariff_of(demand={"peak": {"price_per_mw_month": 10.0, "days": "weekday", "hours": ["8-20"]}})
    bill = bill_of(tariff, calendar, import_mw)
    assert bill.by_line["demand.peak"] == pytest.approx(1200.0)
    assert peak_row(bill, "2022-07", "peak")["start_local"] == "2022-07-06T08:00+09:00"


def test_demand_window_follows_the_clock_through_daylight_saving(calendar_of, tariff_of, bill_of):
    calendar = calendar_of("2022-03-01T00:00+01:00", "2022-04-01T00:00+02:00", "1h", "Europe/Paris")
    import_mw = at(calendar, "2022-03-25T06:00", 200.0)  # Friday 07:00, before the change: outside 8-20
    # Monday 08:00 after it: inside
    import_mw = np.maximum(import_mw, at(calendar, "2022-03-28T06:00", 150.0))
    tariff = tariff_of(demand={"peak": {"price_per_mw_month": 10.0, "hours": ["8-20"]}})
    assert bill_of(tariff, calendar, import_mw).by_line["demand.peak"] == pytest.approx(1500.0)


def test_a_seasonal_demand_charge_bills_its_months_only(calendar_of, tariff_of, bill_of):
    tariff = tariff_of(demand={"winter": {"price_per_mw_month": 10.0, "months": [1, 3]}})
    bill = bill_of(tariff, calendar_of(*QUARTER), 100.0)
    assert bill.lines.loc["demand.winter"].tolist() == [1000.0, 0.0, 1000.0]
    assert bill.peaks["month"].tolist() == ["2022-01", "2022-03"]


def test_the_meter_averages_over_its_interval(calendar_of, tariff_of, bill_of):
    calendar = calendar_of(*JANUARY, "15min")
    import_mw = np.full(calendar.axis.count, 90.0)
    # 00:00: mean 120; 150 falls into two intervals of 120
    import_mw[[0, 1, 5, 6]] = 100.0, 140.0, 150.0, 150.0
    tariff = tariff_of(demand={"monthly": {"price_per_mw_month": 10.0, "interval": "30min"}})
    bill = bill_of(tariff, calendar, import_mw)
    assert bill.by_line["demand.monthly"] == pytest.approx(1200.0)
    assert peak_row(bill, "2022-01")["start_utc"] == np.datetime64("2022-01-01T00:00")


def test_a_step_longer_than_the_meter_is_said(calendar_of, tariff_of, bill_of):
    tariff = tariff_of(demand={"monthly": {"price_per_mw_month": 10.0, "interval": "30min"}})
    bill = bill_of(tariff, calendar_of(*JANUARY), 100.0)
    assert bill.notes == (
        "Demand charge 'monthly' is billed on means of 30 min; the axis has steps of 60 min, whose means "
        "stand in. The metered peak can be higher.",
    )


def test_yearly_demand_is_booked_a_twelfth_a_month_at_the_peak_of_the_year(calendar_of, tariff_of, bill_of):
    calendar = calendar_of(*YEAR)
    tariff = tariff_of(demand={"annual": {"price_per_mw_year": 12_000.0}})
    bill = bill_of(tariff, calendar, at(calendar, "2022-08-03T05:00", 130.0))
    assert bill.lines.loc["demand.annual"].tolist() == pytest.approx([130_000.0] * 12)
    assert set(bill.peaks["set_by"]) == {"2022-08"}
    assert peak_row(bill, "2022-02", "annual")["peak_mw"] == 100.0
    assert peak_row(bill, "2022-02", "annual")["billed_mw"] == 130.0


def test_each_year_of_a_long_axis_has_its_own_yearly_peak(calendar_of, tariff_of, bill_of):
    calendar = calendar_of("2022-01-01T00:00Z", "2024-01-01T00:00Z")
    tariff = tariff_of(demand={"annual": {"price_per_mw_year": 12.0}})
    bill = bill_of(tariff, calendar, at(calendar, "2023-08-03T05:00", 130.0))
    assert bill.by_line["demand.annual"] == pytest.approx(12 * 100 + 12 * 130)


def test_a_week_pays_its_share_of_what_is_charged_by_month_and_year(calendar_of, tariff_of, bill_of):
    tariff = tariff_of(
        demand={"monthly": {"price_per_mw_month": 744.0}, "annual": {"price_per_mw_year": 744.0 * 12}},
        contract={"main": {"power_mw": 110, "price_per_mw_year": 744.0 * 12}},
        fixed_per_month=744.0,
    )
    bill = bill_of(tariff, calendar_of("2022-01-03T00:00Z", "2022-01-10T00:00Z"), 100.0)
    assert bill.by_line.drop("energy").to_dict() == pytest.approx(
        {"demand.monthly": 16_800, "demand.annual": 16_800, "contract.main": 168 * 110, "fixed": 168}
    )


def ratchet(share_frac=0.8, months=1, wrap=False):
    clause = {"share_frac": share_frac, "months": months, "wrap": wrap}
    return {"monthly": {"price_per_mw_month": 10.0, "ratchet": clause}}


def test_ratchet_bills_a_share_of_the_month_before_as_its_own_line(calendar_of, tariff_of, bill_of):
    # Peaks 200, 100, 100 MW. February: 0.8 x 200 = 160, so 60 MW above its own; March looks back at the
    # metered 100 of February, not at the billed 160: 80 < 100, nothing above.
    calendar = calendar_of(*QUARTER)
    bill = bill_of(tariff_of(demand=ratchet()), calendar, at(calendar, "2022-01-05T09:00", 200.0))
    assert bill.lines.loc["demand.monthly"].tolist() == [2000.0, 1000.0, 1000.0]
    assert bill.lines.loc["ratchet.monthly"].tolist() == pytest.approx([0.0, 600.0, 0.0])
    row = peak_row(bill, "2022-02")
    assert row["set_by"] == "2022-01"
    assert row["billed_mw"] == pytest.approx(160.0)


def test_ratchet_wraps_the_end_of_the_year_to_its_start(calendar_of, tariff_of, bill_of):
    calendar = calendar_of(*YEAR)
    import_mw = at(calendar, "2022-12-05T09:00", 200.0)
    wrapped = bill_of(tariff_of(demand=ratchet(months=2, wrap=True)), calendar, import_mw)
    plain = bill_of(tariff_of(demand=ratchet(months=2)), calendar, import_mw)
    assert wrapped.lines.loc["ratchet.monthly"].tolist() == pytest.approx([600.0, 600.0] + [0.0] * 10)
    assert plain.by_line["ratchet.monthly"] == 0.0


def test_ratchet_of_a_part_year_wraps_by_the_calendar_not_by_position(calendar_of, tariff_of, bill_of):
    # January to March: in a year that repeats, March lies ten months before January.
    calendar = calendar_of(*QUARTER)
    import_mw = at(calendar, "2022-03-05T09:00", 200.0)
    nine = bill_of(tariff_of(demand=ratchet(months=9, wrap=True)), calendar, import_mw)
    ten = bill_of(tariff_of(demand=ratchet(months=10, wrap=True)), calendar, import_mw)
    assert nine.lines.loc["ratchet.monthly"].tolist() == [0.0, 0.0, 0.0]
    assert ten.lines.loc["ratchet.monthly"].tolist() == pytest.approx([600.0, 0.0, 0.0])


def test_ratchet_takes_a_given_history_in_place_of_the_wrap(calendar_of, tariff_of, bill_of):
    # 0.8 x 150 = 120 in January and February (two months back); November is forgotten in February.
    history = {"monthly": {"2021-11": 500.0, "2021-12": 150.0, "2021-06": 900.0}}
    clause = ratchet(months=2, wrap=True)
    bill = bill_of(tariff_of(demand=clause), calendar_of(*QUARTER), 100.0, history=history)
    assert bill.lines.loc["ratchet.monthly"].tolist() == pytest.approx([3000.0, 200.0, 0.0])
    assert peak_row(bill, "2022-01")["set_by"] == "2021-11"
    assert peak_row(bill, "2022-02")["set_by"] == "2021-12"


def test_contract_by_class_is_the_staircase_of_the_french_transport_tariff(calendar_of, tariff_of, bill_of):
    # TURPE 7, HTB 2 long use [EUR/MW/year]: b1 P1 + sum of b_i (P_i - P_i-1), P_i never falling.
    b = np.array([11_640.0, 11_040.0, 8_160.0, 5_640.0, 4_200.0])
    power_mw = np.array([90.0, 95.0, 95.0, 110.0, 120.0])
    by_hand = b[0] * 90 + b[1] * 5 + b[2] * 0 + b[3] * 15 + b[4] * 10  # 1,229,400
    assert by_hand == 1_229_400.0
    step = -np.diff(np.append(b, 0.0))  # price of a class = its b less the next one's
    contract = {
        f"c{i}": {
            "power_mw": {"max": 200},
            "price_per_mw_year": step[i],
            "at_least": f"c{i - 1}" if i else None,
        }
        for i in range(5)
    }
    sizes = {f"grid.tariff.contract.c{i}.power_mw": power_mw[i] for i in range(5)}
    bill = bill_of(tariff_of(contract=contract), calendar_of(*YEAR), 80.0, sizes=sizes)
    assert bill.by_line.filter(like="contract.").sum() == pytest.approx(by_hand)


def test_contract_by_month_is_paid_in_the_months_of_its_window(calendar_of, tariff_of, bill_of):
    tariff = tariff_of(contract={"winter": {"power_mw": 50, "price_per_mw_month": 3.0, "months": [2]}})
    assert bill_of(tariff, calendar_of(*QUARTER), 1.0).lines.loc["contract.winter"].tolist() == [
        0.0,
        150.0,
        0.0,
    ]


def test_a_contract_whose_window_never_opens_costs_nothing(calendar_of, tariff_of, bill_of):
    tariff = tariff_of(
        contract={"summer": {"power_mw": 50, "price_per_mw_month": 3.0, "months": [7]}},
        demand={"summer": {"price_per_mw_year": 12.0, "months": [7]}},
    )
    bill = bill_of(tariff, calendar_of(*QUARTER), 1.0)
    assert bill.lines.loc["contract.summer"].tolist() == [0.0, 0.0, 0.0]
    assert bill.lines.loc["demand.summer"].tolist() == [0.0, 0.0, 0.0]


def test_export_is_a_credit_and_costs_when_its_price_is_negative(calendar_of, tariff_of, bill_of):
    calendar = calendar_of(*JANUARY)
    tariff = tariff_of(export={"price_per_mwh": 30.0, "limit_mw": 50.0})
    assert bill_of(tariff, calendar, 0.0, export_mw=20.0, sell_price_per_mwh=30.0).total == pytest.approx(
        -744 * 20 * 30
    )
    assert bill_of(tariff, calendar, 0.0, export_mw=20.0, sell_price_per_mwh=-5.0).total == pytest.approx(
        744 * 20 * 5
    )


def test_carbon_is_a_line_when_it_has_a_price(calendar_of, tariff_of, bill_of):
    calendar = calendar_of(*JANUARY)
    bill = bill_of(tariff_of(), calendar, 100.0, carbon_kg_per_mwh=450.0, carbon_price_per_t=80.0)
    assert bill.by_line["carbon"] == pytest.approx(744 * 100 * 0.450 * 80)
    assert "carbon" not in bill_of(tariff_of(), calendar, 100.0, carbon_kg_per_mwh=450.0).lines.index


def test_the_table_carries_its_totals_and_further_lines(calendar_of, tariff_of, bill_of):
    bill = bill_of(tariff_of(), calendar_of(*QUARTER), 1.0).with_lines({"generator.gas": [1.0, 2.0, 3.0]})
    table = bill.table()
    assert table.loc["generator.gas", "total"] == 6.0
    assert table.loc["total", "2022-02"] == 28 * 24 * 50 + 2.0
    assert table.loc["total", "total"] == pytest.approx(bill.total)
    assert bill.by_month.sum() == pytest.approx(bill.total)
    with pytest.raises(InputError, match="energy  stands already"):
        bill.with_lines({"energy": [0.0, 0.0, 0.0]})


def test_all_faults_of_a_bill_are_told_at_once(calendar_of, tariff_of, bill_of):
    planned = {"main": {"power_mw": {"max": 9}, "price_per_mw_year": 1.0}}
    with pytest.raises(InputError) as caught:
        bill_of(
            tariff_of(demand=ratchet(), contract=planned),
            calendar_of(*JANUARY),
            1.0,
            history={"annual": {"2021-12": 1.0}},
            energy_lines_per_mwh={"energy": 1.0, "carbon": 1.0},
        )
    text = str(caught.value)
    assert "bill has 3 faults" in text
    assert "adders_per_mwh.carbon" in text and "Rename it." in text
    assert "main.power_mw" in text and "is planned, must have a size to be billed. Give it in sizes." in text
    assert "must name a demand charge of the tariff (monthly)." in text


def test_flows_must_fit_the_axis(calendar_of, tariff_of):
    from wattstack.cost import GridFlows, GridPrices, make_bill

    flows = GridFlows(np.ones(3), np.ones(744))
    with pytest.raises(InputError, match=r"import_mw  has shape \(3,\), must have one value a step"):
        make_bill(tariff_of(), calendar_of(*JANUARY), flows, GridPrices({"energy": 1.0}))
