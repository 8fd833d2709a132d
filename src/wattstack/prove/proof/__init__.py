"""THE PROOF: a campus driven through all that its grid codes ask for, and the folder that shows it.

    proof = prove_compliance(read_campus("out/sakai/campus.yaml"))
    proof.passed, proof.compliance.table(), proof.run_of["ieso-3.0", "periodic"]
    write_proof(proof, "proof")

Everything here needs numpy or more and is fetched when it is first asked for.
"""

from importlib import import_module
from typing import Any

_LAZY = {
    "CampusCompliance": "campus",
    "Drive": "drives",
    "ProofFiles": "store",
    "ProvedRun": "run",
    "drives_of": "drives",
    "proof_files": "store",
    "prove_compliance": "campus",
    "read_proof": "store",
    "trace_files": "store",
    "write_proof": "store",
}

__all__ = [
    "CampusCompliance", "Drive", "ProofFiles", "ProvedRun", "drives_of", "proof_files", "prove_compliance",
    "read_proof", "trace_files", "write_proof",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
