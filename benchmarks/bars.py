"""What has to be reached: every bar and its value.

Gives    BARS, reached.
Used by  benchmarks.__main__, table.
"""

from __future__ import annotations

LEAST, MOST = ">=", "<="

BARS: dict[str, tuple[str, float]] = {
    "dispatch.hourly_speedup": (LEAST, 200.0),
    "dispatch.quarter_speedup": (LEAST, 400.0),
    "dispatch.objective_error": (MOST, 1e-9),
    "dispatch.price_error": (MOST, 1e-6),
    "dispatch.minute_year_seconds": (MOST, 0.3),
    "site_plan.hourly_speedup": (LEAST, 100.0),
    "site_plan.quarter_speedup": (LEAST, 400.0),
    "site_plan.hourly_piqp_speedup": (LEAST, 8.0),
    "site_plan.quarter_piqp_speedup": (LEAST, 20.0),
    "site_plan.pypsa_speedup": (LEAST, 10.0),
    "site_plan.objective_error": (MOST, 1e-6),
    "site_plan.price_hours_off": (MOST, 1e-3),
    "site_plan.ten_scenarios_ratio": (MOST, 12.0),
    "site_plan.peak_mb": (MOST, 400.0),
    "portfolio.example_seconds": (MOST, 1.0),
    "portfolio.certificate_error": (MOST, 1e-5),
    "portfolio.monolith_speedup": (LEAST, 50.0),
    "portfolio.monolith_piqp_speedup": (LEAST, 3.0),
    "portfolio.whole_stages_seconds": (MOST, 15.0),
    "portfolio.resweep_seconds": (MOST, 20.0),
    "portfolio.thirty_sites_seconds": (MOST, 15.0),
    "portfolio.three_sites_piqp_speedup": (LEAST, 15.0),
    "portfolio.three_sites_pypsa_speedup": (LEAST, 30.0),
    "portfolio.hundred_sites_minutes": (MOST, 4.0),
    "portfolio.hundred_sites_gap": (MOST, 1e-4),
    "portfolio.same_bits": (LEAST, 1.0),
    "battery.year_seconds": (MOST, 0.1),
    "battery.simses_speedup": (LEAST, 40.0),
    "battery.pysam_speedup": (LEAST, 500.0),
    "battery.batch_ns_per_step": (MOST, 10.0),
    "battery.plant_year_seconds": (MOST, 15.0),
    "year.rule_seconds": (MOST, 0.5),
    "year.mpc_seconds": (MOST, 10.0),
    "year.vessim_speedup": (LEAST, 20.0),
    "outage.campaigns_seconds": (MOST, 30.0),
    "transient.realtime_ratio": (LEAST, 100.0),
    "transient.gigawatt_seconds": (MOST, 10.0),
    "transient.gigawatt_mb": (MOST, 1000.0),
    "transient.step_halved_margin_change": (MOST, 0.02),
    "ai_load.line_hz_error": (MOST, 0.01),
    "ai_load.line_rms_error": (MOST, 0.10),
    "ai_load.energy_deficit_error": (MOST, 0.3),
    "ai_load.coherence_error": (MOST, 0.03),
    "ai_load.worked_numbers_error": (MOST, 0.05),
    "control_loop.image_p99_ms": (MOST, 30.0),
    "control_loop.core_frac": (MOST, 0.10),
    "control_loop.overruns": (MOST, 0.0),
    "control_loop.command_p99_ms": (MOST, 150.0),
    "failover.safe_state_seconds": (MOST, 5.0),
    "failover.takeover_seconds": (MOST, 2.0),
    "failover.double_writes": (MOST, 0.0),
    "failover.repaired_device_seconds": (MOST, 5.0),
    "reserve.violations": (MOST, 0.0),
    "reserve.broken_found": (LEAST, 3.0),
    "replan.p99_ms": (MOST, 10.0),
    "replan.no_answer": (MOST, 0.0),
    "historian.lost_seconds": (MOST, 0.0),
    "historian.day_query_ms": (MOST, 20.0),
    "historian.bytes_per_point": (MOST, 2.6),
    "face_load.guard_p99_ms": (MOST, 30.0),
    "soak.rss_growth": (MOST, 0.05),
    "soak.missed_intervals": (MOST, 0.0),
    "compliance.suite_seconds": (MOST, 20.0),
    "startup.help_seconds": (MOST, 0.3),
    "startup.check_seconds": (MOST, 1.2),
    "startup.plan_seconds": (MOST, 3.0),
    "startup.first_plan_seconds": (MOST, 40.0),
}


def reached(name: str, value: float | None) -> bool:
    """Whether a bar is reached; one that was not measured is not."""
    sense, limit = BARS[name]
    return value is not None and (value >= limit if sense == LEAST else value <= limit)
