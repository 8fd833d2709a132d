"""Progress on the terminal."""

import io
import sys
import time

import pytest

from wattstack import work


class Terminal(io.StringIO):
    """Standard error that a person looks at."""

    def isatty(self):
        return True


@pytest.fixture
def look(monkeypatch):
    """Call it inside the test: pytest puts its own standard error back after every fixture."""

    def put(screen, quiet_s=work.QUIET_S):
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(work, "QUIET_S", quiet_s)
        monkeypatch.setenv("TERM", "xterm")
        return screen

    return put


def test_short_work_shows_nothing(look):
    screen = look(Terminal())
    with work.progress("Reading prices.csv", total=2) as bar:
        bar.advance()
        bar.advance()
    assert bar.done == 2
    assert screen.getvalue() == ""


def test_long_work_names_itself_and_how_far_it_is(look):
    screen = look(Terminal(), quiet_s=0.0)
    with work.progress("Reading prices.csv", total=2) as bar:
        bar.advance(note="half")
        time.sleep(0.25)
        bar.advance()
    assert "Reading prices.csv half" in screen.getvalue()


def test_nothing_is_shown_where_nobody_looks(look):
    screen = look(io.StringIO(), quiet_s=0.0)
    with work.progress("Reading", total=1) as bar:
        bar.advance()
    assert screen.getvalue() == ""


def test_ctrl_c_passes_through_and_takes_the_bar_down(look):
    screen = look(Terminal(), quiet_s=0.0)

    def stopped():
        with work.progress("Planning sakai") as bar:
            bar.advance()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert "\x1b[?25h" in screen.getvalue()  # the cursor is given back
