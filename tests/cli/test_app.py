"""What the command line answers before it computes anything: help, slips, errors, exit codes."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from wattstack.cli.app import main, run, wattstack
from wattstack.errors import GapError, InfeasibleError, InputError

VERBS = ("init", "check", "plan", "replan", "report", "library", "schema")


def test_help_lists_every_verb_in_the_order_of_use(capsys):
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    places = [text.index(f"\n  {verb} ") for verb in VERBS]
    assert places == sorted(places)


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_shows_examples_and_exit_codes(verb, capsys):
    assert run([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Example" in text
    assert "Exit codes" in text
    assert f"wattstack {verb}" in text


def test_version_is_that_of_the_package(capsys):
    from importlib.metadata import version

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"wattstack {version('wattstack')}\n"


def test_a_slip_in_a_verb_names_the_nearest(capsys):
    assert run(["plna"]) == 2
    assert "there is no command 'plna'. Nearest: 'plan'." in capsys.readouterr().err


def test_a_strange_word_is_refused_without_a_guess(capsys):
    assert run(["xyzzy"]) == 2
    assert "Nearest" not in capsys.readouterr().err


def test_an_unknown_option_is_bad_input(capsys):
    assert run(["--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (InputError("a.yaml", ["has no price."]), 2, "a.yaml: has no price.\n"),
        (InfeasibleError("40 MW are missing at noon."), 1, "40 MW are missing at noon.\n"),
        (GapError("the gap is 2e-3."), 3, "the gap is 2e-3.\n"),
        (PermissionError(13, "Permission denied", "out/plan.json"), 2, "out/plan.json: Permission denied.\n"),
        (OSError("no room"), 2, "wattstack: no room.\n"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(error, code, text, capsys, monkeypatch):
    fail_with(error, monkeypatch)
    assert run(["fail"]) == code
    assert capsys.readouterr().err.strip("\n") == text.strip("\n")


def test_ctrl_c_is_said_and_has_its_own_exit_code(capsys, monkeypatch):
    fail_with(KeyboardInterrupt(), monkeypatch)
    assert run(["fail"]) == 130
    assert "Stopped. What stands on disk is whole" in capsys.readouterr().err


def test_an_error_of_ours_is_one_line_and_says_how_to_see_more(capsys, monkeypatch):
    fail_with(ZeroDivisionError("division\nby zero"), monkeypatch)
    assert run(["fail"]) == 3
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "internal error, ZeroDivisionError: division by zero" in err
    assert "--debug" in err


@pytest.mark.parametrize("error", [ZeroDivisionError("0"), OSError("full"), InputError("a", ["is wrong."])])
def test_debug_prints_the_traceback_wherever_it_stands(error, capsys, monkeypatch):
    fail_with(error, monkeypatch)
    for words in (["--debug", "fail"], ["fail", "--debug"]):
        assert run(words) in (2, 3)
        assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_error(monkeypatch, capfd):
    fail_with(BrokenPipeError(), monkeypatch)
    monkeypatch.setattr(sys, "stderr", open(sys.stderr.fileno(), "w", closefd=False))  # noqa: SIM115 - run closes it
    assert run(["fail"]) == 0


def test_main_ends_the_process_with_the_exit_code(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["wattstack", "simulate"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "wattstack", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("wattstack ")


def fail_with(error: BaseException, monkeypatch) -> None:
    """Add a verb `fail` that raises this error."""

    @click.command()
    def fail():
        raise error

    monkeypatch.setitem(wattstack.commands, "fail", fail)
