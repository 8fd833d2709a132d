"""The page in a real browser: every figure is drawn, nothing is loaded, nothing goes wrong."""

import os
import re
import shutil
import subprocess

import pytest

from wattstack.report import write_portfolio_report, write_report

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--enable-logging=stderr", "--virtual-time-budget=30000",
)  # fmt: skip


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """Open a file in a browser: the document after its scripts ran, and what its console said."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)}")

    def run(path, width=1280):
        profile = tmp_path_factory.mktemp("browser")
        own = [f"--user-data-dir={profile}", f"--window-size={width},2000"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            own.append("--no-sandbox")  # chromium refuses to run as root with one
        done = subprocess.run(
            [found, *QUIET, *own, "--dump-dom", path.as_uri()],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if "<html" not in done.stdout:
            pytest.skip("the browser here does not start")
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    return run


@pytest.mark.parametrize("width", [1280, 500])
def test_every_figure_is_drawn_and_the_console_is_silent(browse, sakai_files, tmp_path, width):
    dom, console = browse(write_report(sakai_files, tmp_path / "page.html"), width)
    head = re.search(r"<html[^>]*>", dom).group()
    places = len(re.findall(r'class="plot[^"]*" id="', dom))
    assert places > 10
    assert f'data-drawn="{places}/{places}"' in head
    assert 'data-errors="0"' in head
    assert console == []
    assert dom.count('class="main-svg"') >= places


def test_two_plans_side_by_side_are_drawn(browse, sakai_files, small, tmp_path):
    dom, console = browse(write_report(sakai_files, tmp_path / "page.html", small()))
    assert 'data-drawn="1/1"' in dom
    assert console == []


def test_two_portfolios_side_by_side_are_drawn(browse, tmp_path):
    from tests.report import portfolio_made as made

    dom, console = browse(write_report(made.plan(), tmp_path / "page.html", made.plan()))
    assert 'data-drawn="2/2"' in dom
    assert dom.count("<figcaption>") == 2
    assert console == []


@pytest.mark.parametrize("width", [1280, 500])
def test_every_figure_of_a_portfolio_is_drawn(browse, tmp_path, width):
    from tests.report import portfolio_made as made

    path = write_portfolio_report(made.plan(), tmp_path / "page.html", **made.answers())
    dom, console = browse(path, width)
    places = len(re.findall(r'class="plot[^"]*" id="', dom))
    assert places > 12
    assert f'data-drawn="{places}/{places}"' in dom
    assert 'data-errors="0"' in dom
    assert console == []


@pytest.mark.parametrize("width", [1280, 500])
def test_every_figure_of_a_run_is_drawn(browse, tmp_path, width):
    from tests.report import run_made as made

    dom, console = browse(write_report(made.files(), tmp_path / "page.html"), width)
    assert 'data-drawn="8/8"' in dom
    assert 'data-errors="0"' in dom
    assert console == []


@pytest.mark.parametrize("width", [1280, 500])
def test_the_evidence_for_grid_codes_is_drawn(browse, tmp_path, width):
    from tests.prove.proof.conftest import made
    from wattstack.prove.proof import proof_files, prove_compliance

    proof = prove_compliance(made(), seconds=130.0)
    dom, console = browse(write_report(proof_files(proof), tmp_path / "page.html"), width)
    places = len(re.findall(r'class="plot[^"]*" id="', dom))
    assert f'data-drawn="{places}/{places}"' in dom and places > 8
    assert console == []
