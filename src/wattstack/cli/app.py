"""The command `wattstack`: its sub-commands, and what becomes of an error.

Needs    errors, the modules of this room.
Gives    main, run.
Used by  the command `wattstack`, `python -m wattstack`, tests.

Nothing heavy is imported here or at the head of a sub-command's module: `wattstack --help` must answer
in 0.3 s. A sub-command imports what it calls when it is called.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from wattstack.cli.audit import audit
from wattstack.cli.check import check
from wattstack.cli.commission import commission
from wattstack.cli.comply import comply
from wattstack.cli.fit_load import fit_load
from wattstack.cli.history import history
from wattstack.cli.init import init
from wattstack.cli.library import library
from wattstack.cli.operate import operate
from wattstack.cli.plan import plan
from wattstack.cli.queue import queue
from wattstack.cli.replan import replan
from wattstack.cli.report import report
from wattstack.cli.schema import schema
from wattstack.cli.simulate import simulate
from wattstack.cli.simulate_devices import simulate_devices
from wattstack.cli.smooth import smooth
from wattstack.errors import WattstackError, nearest

BAD_INPUT = 2
INTERNAL = 3
STOPPED = 130


class Verbs(click.Group):
    """The sub-commands; names the nearest one for a slip."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order they are used, not by alphabet."""
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple:
        """Find the sub-command."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            near = nearest(name, self.commands)
            hint = f" Nearest: '{near}'." if near else ""
            raise click.UsageError(f"there is no command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _print_version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        click.echo(f"wattstack {version('wattstack')}")
        ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    callback=_print_version,
    expose_value=False,
    is_eager=True,
    help="Print the version and exit.",
)
@click.option("--debug", is_flag=True, expose_value=False, help="On an error print Python's traceback too.")
def wattstack() -> None:
    """Plan the power side of AI data-centre campuses from YAML files: one campus, or several over years.

    \b
    A first plan:
      wattstack init sakai
      wattstack check sakai/campus.yaml
      wattstack plan sakai/campus.yaml -o out/sakai
      wattstack simulate out/sakai/campus.yaml -o out/sakai-run

    \b
    A live site, simulated on this machine, with its page:
      wattstack operate sakai --simulated --speed 144

    \b
    Several sites and a battery factory:
      wattstack init portfolio
      wattstack plan portfolio/portfolio.yaml -o out/two

    \b
    Exit codes, the same for every command:
      0    done
      1    the answer is no: nothing that may be built serves the load, no orders meet all limits, a grid code is broken
      2    the input is wrong; every fault is listed
      3    ours: the gap asked for was not reached, or an internal error
      130  stopped by Ctrl-C
    """


for _verb in (
    init,
    check,
    plan,
    replan,
    simulate,
    commission,
    operate,
    history,
    audit,
    simulate_devices,
    fit_load,
    queue,
    comply,
    smooth,
    report,
    library,
    schema,
):
    wattstack.add_command(_verb)


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are printed on stderr, never raised.

    Args:
        argv: Words after `wattstack`.

    Returns:
        0 done, 1 infeasible, 2 bad input, 3 ours, 130 stopped.
    """
    debug = "--debug" in argv
    words = [word for word in argv if word != "--debug"]
    try:
        return int(wattstack.main(args=words, prog_name="wattstack", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as stop:
        said = str(stop.__cause__ or stop)  # click turns the one into the other
        whole = "Stopped. What stands on disk is whole: a result is written at the end, all at once."
        click.echo(said or whole, err=True)
        return STOPPED
    except BrokenPipeError:  # `wattstack library | head`: the reader has enough
        sys.stderr.close()
        return 0
    except WattstackError as error:
        if debug:
            _print_traceback()
        click.echo(str(error), err=True)
        return error.exit_code
    except OSError as error:  # a full disk, a folder without rights: the user's to mend, not ours
        if debug:
            _print_traceback()
        click.echo(f"{error.filename or 'wattstack'}: {error.strerror or error}.", err=True)
        return BAD_INPUT
    except Exception as error:
        if debug:
            _print_traceback()
        click.echo(
            f"wattstack: internal error, {type(error).__name__}: {' '.join(str(error).split())[:300]}. "
            "This is ours, not yours: run the same line with --debug for the traceback and send us that.",
            err=True,
        )
        return INTERNAL


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()


def main() -> NoReturn:
    """Run the command line of this process and exit with its code.

    The cycle collector is off: a command lives for seconds, arrays are freed by counting, and the collector's
    walks over what the imports left take a sixth of a plan's time. What stands at the end is frozen, or the
    interpreter would make the same walks as it leaves: another sixth. Arrow takes memory from the system and
    gives it back; its own pool would keep 30 MB of a quarter-hour year that it has read.
    """
    gc.disable()
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)
