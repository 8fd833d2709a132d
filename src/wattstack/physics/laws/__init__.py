"""The ageing laws by name: numbers with their paper, one page each in docs/laws.

Gives    LAWS, Law.
Used by  physics.ageing.
"""

from wattstack.physics.laws import lfp, naumann, nickel, nmc, plain, power, smith
from wattstack.physics.laws.law import Law

LAWS: dict[str, Law] = {
    law.name: law
    for law in (
        naumann.NAUMANN_LFP, lfp.BLAST_LFP_250AH, lfp.BLAST_LFP_SONY,
        smith.SMITH_NMC, nmc.BLAST_NMC111, nmc.BLAST_NMC111_SANYO, nmc.BLAST_NMC_75AH, nmc.BLAST_NMC_50AH,
        nickel.BLAST_NCA, nickel.BLAST_NMC811_MJ1, nickel.BLAST_NMC811_M50, nickel.BLAST_LMO_LEAF,
        smith.SMITH_LMO_LTO, power.LTO, power.EDLC, power.VRLA, plain.ZINC, plain.RATED,
    )
}  # fmt: skip

__all__ = ["LAWS", "Law"]
