"""plotly.js as it lies in the plotly package: read as a file, so that nothing of the package is imported.

Gives    plotly_js.
Used by  report.page.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from wattstack.errors import StateError


@cache
def plotly_js(package: str = "plotly") -> str:
    """The script that draws figures, to be embedded once in a page.

    Args:
        package: Where it lies.

    Raises:
        StateError: The package is not installed or lacks it.
    """
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_text(encoding="utf-8").replace("</script", "<\\/script")
    raise StateError(
        "plotly's package_data/plotly.min.js is not there. Install plotly again: pip install plotly."
    )
