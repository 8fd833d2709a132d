"""Does the reserve hold: thousands of days of the real guard on a site without sockets, in which everything goes wrong.

Gives    run_campaigns, Stand, Campaign: days by the thousand, one of them; run_over_sockets: minutes with all of it;
         draw_script, Script: what goes wrong; Judge, Step, Verdict: what is a violation, told from the truth of the
         site; BROKEN: guards that must fail.
Used by  benchmarks, tests.
"""

from wattstack.operate.campaign.broken import BROKEN
from wattstack.operate.campaign.day import Campaign
from wattstack.operate.campaign.judge import Judge, Step, Verdict
from wattstack.operate.campaign.run import Stand, run_campaigns
from wattstack.operate.campaign.script import Script, draw_script
from wattstack.operate.campaign.sockets import run_over_sockets

__all__ = [
    "BROKEN", "Campaign", "Judge", "Script", "Stand", "Step", "Verdict", "draw_script", "run_campaigns",
    "run_over_sockets",
]  # fmt: skip
