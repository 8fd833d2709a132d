"""WHAT it costs: the bill, capital, carbon, and what an investment is worth.

Gives    make_bill (Calendar, GridFlows, GridPrices -> Bill) and demand_groups, the same clauses for a plan;
         capital_table, replacement_schedule and size_costs; emissions_t, carbon_cost_per_mwh; finance_summary,
         cash_flow_table; flow_worth.
Used by  plan, report; case and dispatch for the price of carbon in a MWh.
"""

from wattstack.cost.calendar import Calendar
from wattstack.cost.capital import capital_table, replacement_schedule, size_costs
from wattstack.cost.carbon import carbon_cost_per_mwh, emissions_t
from wattstack.cost.demand import DemandGroups, demand_groups
from wattstack.cost.finance import YearTotals, cash_flow_table, finance_summary
from wattstack.cost.tariff import Bill, GridFlows, GridPrices, make_bill
from wattstack.cost.worth import flow_worth

__all__ = [
    "Bill", "Calendar", "DemandGroups", "GridFlows", "GridPrices", "YearTotals", "capital_table",
    "carbon_cost_per_mwh", "cash_flow_table", "demand_groups", "emissions_t", "finance_summary", "flow_worth",
    "make_bill", "replacement_schedule", "size_costs",
]  # fmt: skip
