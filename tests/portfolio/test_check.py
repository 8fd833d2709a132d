"""Parts of a portfolio that do not fit together are told, all at once, with file, row, column and a mend."""

from __future__ import annotations

import pytest


def test_every_fault_of_every_file_is_told_at_once(told):
    def change(raw):
        raw["items"][0]["capital_m_per_unit"] = "2,5"
        raw["sites"]["east"]["pue"] = 0.9
        raw["stages"][1]["needs_stage"] = "early"
        raw["factory"]["ramps"]["base"] = [0.5, 1.2]
        raw["targets"][0]["quarter"] = "2027Q5"
        raw["money"]["discount_rate"] = 0.1

    assert list(told(change)) == [
        "portfolio.yaml money.discount_rate",
        "sites.csv row 2, pue",
        "items.csv row 2, capital_m_per_unit",
        "stages.csv row 3, needs_stage",
        "portfolio.yaml factory.ramps.base",
        "targets.csv row 2, quarter",
    ]


def test_tables_in_the_yaml_file_name_the_line(told, tmp_path):
    def change(raw):
        raw["sites"]["east"]["pue"] = 0.9
        raw["items"][1]["lead_q"] = 2.5
        raw["stages"][2]["replaced_by"] = "early"

    faults = told(change, tables=False)
    lines = (tmp_path / "portfolio.yaml").read_text(encoding="utf-8").splitlines()
    line = lines.index("    pue: 0.9") + 1
    assert (
        faults["portfolio.yaml sites.east, pue"] == f"is 0.9, must be >= 1. Give a value >= 1. (line {line})"
    )
    assert faults["portfolio.yaml items.1, lead_q"].startswith(
        "is 2.5, must be a whole number [periods]. Write 2. ("
    )
    assert "(line " in faults["portfolio.yaml stages.2, replaced_by"]


def change_of(table, row, **values):
    """Change some values of a row: by number in a list, by name in a mapping; None takes one out."""

    def change(raw):
        part = raw[table][row] if row is not None else raw[table]
        for key, value in values.items():
            if value is None:
                part.pop(key, None)
            else:
                part[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (change_of("items", 3, site="esat"), "items.csv row 5, site",
         "is 'esat', must be a site of this portfolio. Nearest: 'east'."),
        (change_of("gates", 0, site="moon"), "gates.csv row 2, site",
         "is 'moon', must be a site of this portfolio. There are: east, north."),
        (change_of("targets", 0, site="eats"), "targets.csv row 2, site",
         "is 'eats', must be a site of this portfolio. Nearest: 'east'."),
        (change_of("items", 4, item="shel"), "items.csv row 6, item",
         "is 'shel', must be shell, electrical, cooling or hv, or one of these with _ and a word (hv_fast). "
         "Nearest: 'shell'."),
        (change_of("supply", None, hv_fats={"amounts": {"2027Q1": 1}}), "supply.csv row 8, resource",
         "is 'hv_fats', must be servers, an item, a chemistry or a source of power. Nearest: 'hv_fast'."),
        (change_of("suppliers", 2, resource="lpf"), "suppliers.csv row 4, resource",
         "is 'lpf', must be servers, an item, a chemistry or a source of power. Nearest: 'lfp'."),
        (change_of("generation", 1, profile="wind"), "generation.csv row 3, profile",
         "is 'wind', must be pv: sources that the weather lets run follow the sun of the weeks. Leave it empty "
         "for others. There are: pv, solar."),
        (change_of("stages", 1, needs_stage="exist"), "stages.csv row 3, needs_stage",
         "is 'exist', must be a stage of east. Nearest: 'existing'."),
        (change_of("stages", 1, replaced_by="first"), "stages.csv row 3, replaced_by",
         "is 'first', must be a stage of east. There are: existing, early, second."),
        (change_of("stages", 1, needs_stage="early"), "stages.csv row 3, needs_stage",
         "needs itself, so it can never be energised. Take one out."),
        (change_of("stages", 0, needs_stage="second"), "stages.csv row 2, needs_stage",
         "runs in a circle: existing needs second needs existing, so it can never be energised. Take one out."),
        (change_of("stages", 3, replaced_by="early"), "stages.csv row 5, replaced_by",
         "is 'early', which is nonfirm, must be a firm stage. Name the one that ends it."),
        (change_of("stages", 2, replaced_by="existing"), "stages.csv row 4, replaced_by",
         "is 'existing' at a firm stage, must be empty there: only a nonfirm one is replaced. Take it out."),
        (change_of("scenarios", "slump", probability_frac=0.3), "scenarios.csv row 4, probability_frac",
         "of all scenarios come to 1.1, must come to 1. Mend one of them."),
        (change_of("scenarios", "late", grid_delay_q={"west": 1}), "scenarios.csv row 3, grid_delay_q_west",
         "is 'west', must be a site of this portfolio. Nearest: 'east'."),
        (change_of("scenarios", "late", factory_ramp="slwo"), "scenarios.csv row 3, factory_ramp",
         "is 'slwo', must be one of the ramps of the factory. Nearest: 'slow'."),
        (change_of("suppliers", 0, share_max_frac=0.2), "suppliers.csv row 3, share_max_frac",
         "of all suppliers of servers come to 0.7, must reach 1. Raise one, or add a supplier."),
        (change_of("storage", 0, cost_per_kwh=None), "storage.csv row 2, cost_per_kwh",
         "is missing, must be given where cells are bought. Give the installed price."),
        (change_of("factory", None, ramp="quick"), "portfolio.yaml factory.ramp",
         "is 'quick', must be one of the ramps. There are: base, slow."),
        (change_of("factory", None, ramps={"base": [0.5, 1.2]}), "portfolio.yaml factory.ramps.base",
         "holds 1.2, must stay in 0 .. 1: saleable output over nameplate. Lower it."),
        (change_of("factory", None, ramps={"base": [0.5, 0.4], "slow": [0.1]}), "portfolio.yaml factory.ramps.base",
         "falls from 0.5 to 0.4, must never fall. Order the shares."),
        (change_of("factory", None, ramps={"base": [0.1], "slow": []}), "portfolio.yaml factory.ramps.slow",
         "is empty, must hold a share for each period. Write [0.5, 0.9]."),
        (change_of("factory", None, committed_start=None), "portfolio.yaml factory.committed_start",
         "is missing, must be given where lines are committed. Write the quarter they start in."),
        (change_of("factory", None, lines_max=0), "portfolio.yaml factory.lines_max",
         "is 0, must be at least the 1 committed. Raise it."),
        (change_of("factory", None, segment_edges_gwh=[0.1, 1.0]), "portfolio.yaml factory.segment_edges_gwh",
         "must begin with 0 and rise. Write [0, 0.25, 1, 5]."),
        (change_of("factory", None, materials_frac={"a": 0.5, "b": 0.4}), "portfolio.yaml factory.materials_frac",
         "come to 0.9, must be shares >= 0 that come to 1. Mend them."),
        (change_of("sites", None, **{"far east": {"country": "JP", "price_per_mwh": 80}}), "sites.csv row 4, name",
         "is 'far east', must be a name of a-z, A-Z, 0-9, _ and -, at most 40 signs long. Rename it."),
    ],
)  # fmt: skip
def test_a_fault_between_parts_says_where_what_and_how_to_mend(told, change, where, what):
    assert told(change)[where].partition(" (line ")[0] == what


def test_a_row_said_twice_names_the_row_it_repeats(told):
    faults = told(lambda raw: raw["items"].append(dict(raw["items"][1])))
    assert faults == {
        "items.csv row 13": "says electrical east again, as items.csv row 3 does. Remove or rename one."
    }


def test_a_chemistry_stands_once_at_a_site_whoever_makes_it(told):
    faults = told(lambda raw: raw["storage"].append({**raw["storage"][1], "chemistry": "lfp"}))
    assert faults == {
        "storage.csv row 7": "says lfp east again, as storage.csv row 2 does. Remove or rename one."
    }


def test_own_cells_and_markets_ask_for_a_factory(told):
    def change(raw):
        del raw["factory"]
        for future in raw["scenarios"].values():
            future.pop("factory_ramp", None)

    faults = told(change)
    assert faults["storage.csv row 3, origin"] == (
        "is 'own', but this portfolio has no factory. Add one, or write market."
    )
    assert faults["segments.csv row 2, segment"] == (
        "is a market, but this portfolio has no factory to sell from. Add one, or take segments out."
    )


def test_storage_that_stands_is_of_a_chemistry_that_is_bought(told):
    def change(raw):
        raw["storage"] = [row for row in raw["storage"] if row["origin"] == "own"]
        raw["suppliers"] = raw["suppliers"][:2]
        del raw["supply"]["lfp_import"]

    what = "stands there, but no chemistry is bought at this site, so it is of none. Add a market row."
    assert told(change) == {"sites.csv row 2, storage_start_mwh": what}


def test_a_wrong_site_does_not_make_its_rows_homeless(told):
    assert list(told(change_of("sites", "east", pue="x"))) == ["sites.csv row 2, pue"]
