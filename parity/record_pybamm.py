"""Run PyBaMM's equivalent circuit with one RC pair through current pulses and record what it answers.

Needs    pybamm, parity.store.
Gives    recorded/pybamm.json.
Used by  parity.__main__, in the environment of PyBaMM.

Resistances are constant and the cell is kept at one temperature, so that what differs is how the pair is stepped.
Current > 0 discharges; the voltage over the pair is shown > 0 while it discharges, the way wattstack has it.
"""

from __future__ import annotations

import pybamm

from parity.store import numbers, write_record

R0_OHM, R1_OHM, TAU_S, CAPACITY_AH, STEP_S = 0.4e-3, 0.6e-3, 30.0, 100.0, 5.0
PULSES = ((100.0, 60.0), (0.0, 60.0), (-50.0, 120.0), (0.0, 60.0), (200.0, 30.0), (0.0, 90.0))  # A, s


def main() -> None:
    """Record the pulses."""
    model = pybamm.equivalent_circuit.Thevenin()
    values = model.default_parameter_values
    values.update(
        {
            "Cell capacity [A.h]": CAPACITY_AH,
            "Nominal cell capacity [A.h]": CAPACITY_AH,
            "Current function [A]": "[input]",
            "R0 [Ohm]": R0_OHM,
            "R1 [Ohm]": R1_OHM,
            "C1 [F]": TAU_S / R1_OHM,
            "Entropic change [V/K]": 0.0,
            "Cell thermal mass [J/K]": 1e12,
            "Initial SoC": 0.5,
        }
    )
    solver = pybamm.IDAKLUSolver(rtol=1e-11, atol=1e-12)
    sim = pybamm.Simulation(model, parameter_values=values, solver=solver)
    soc, pair_v, current_a = [], [], []
    for amps, seconds in PULSES:
        for _ in range(round(seconds / STEP_S)):
            sim.step(STEP_S, inputs={"Current function [A]": amps}, npts=2)
            soc.append(float(sim.solution["SoC"].entries[-1]))
            pair_v.append(-float(sim.solution["Element-1 overpotential [V]"].entries[-1]))
            current_a.append(amps)
    write_record(
        "pybamm",
        "pybamm",
        {
            "r0_ohm": R0_OHM, "r1_ohm": R1_OHM, "tau_s": TAU_S, "capacity_ah": CAPACITY_AH, "step_s": STEP_S,
            "start_soc": 0.5, "current_a": numbers(current_a), "soc": numbers(soc, 12), "pair_v": numbers(pair_v, 10),
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
