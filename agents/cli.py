"""The command ``tierline``: assembled from ``agents/commands``, one module a command.

A module there offers either a function ``command`` or, for a command with subcommands, a ``typer.Typer`` named
``app``. Only the module of the command that was asked for is imported, so that ``tierline --help`` is quick: its line in
``COMMANDS`` is what the overview shows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer

from schemas.mistakes import Mistake

COMMANDS: Final = {
    "demo": "Watch a made-up bank on a real Kafka and Valkey, in about a minute.",
    "local": "Start, stop and look at a Kafka and a Valkey on this machine.",
    "topics": "Make the topics of a broker, as the contract wants them.",
    "generate": "Make up a bank and publish its facts and transactions, to try things on.",
    "import": "Take a bank's snapshot of accounts in: facts and opening balances.",
    "worker": "Take transactions in, send tier changes out.",
    "explain": "Tell a customer's tiers: since when, why, and how far the next ones are.",
    "history": "Tell why a customer was moved: its latest tier changes and alerts.",
    "members": "List, count or export who is in a level or class.",
    "owners": "Tell which owners look after more customers than the cap allows.",
    "override": "Set a customer's level until a day, whatever the rules say.",
    "fit-churn": "Fit the model behind expected activity to the bank's own history.",
    "fit-cuts": "Find the lines at which the first customers begin, for conditions to read.",
    "policy": "Check the bank's policy files, and run their examples.",
    "dead-letters": "Show what was set aside and why; put it back, mended or as it is.",
    "rebuild": "Compute all state anew from the logs, into an empty namespace.",
}
"""Command (module of that name, ``-`` being ``_``) to its line in the overview, in the order of a first day's work."""

MISTAKE_EXIT_CODE: Final = 2
"""Something that the caller can mend, as with any mistake in flags; faults of the program end with 1."""

EXAMPLES: Final = """\b
A first day:
  eval "$(tierline local up)"      a Kafka and a Valkey on this machine
  tierline topics create           the topics, on the broker in TIERLINE_BROKER
  tierline local down              stop both; their data stays
"""


def assemble(arguments: Sequence[str]) -> typer.Typer:
    """The application for these arguments: one command with all it has, the others by name and line."""
    app = typer.Typer(
        name="tierline",
        help="Which tier each customer of a bank is in, from its transaction stream.",
        epilog=EXAMPLES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # plain help: it keeps the layout of examples, and takes half the time
        pretty_exceptions_enable=False,
    )
    app.callback()(_overview)
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, line in COMMANDS.items():
        if name == wanted:
            _add(app, name)
        else:
            app.command(name, short_help=line)(_not_asked_for)
    return app


def main() -> None:
    """Run the command line; a mistake is printed as words and ends with exit code 2."""
    arguments = sys.argv[1:]
    try:
        assemble(arguments)(args=arguments, prog_name="tierline")
    except Mistake as mistake:
        typer.echo(f"tierline: {mistake}", err=True)
        sys.exit(MISTAKE_EXIT_CODE)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough; the interpreter must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _add(app: typer.Typer, name: str) -> None:
    module = import_module(f"agents.commands.{name.replace('-', '_')}")
    subcommands = getattr(module, "app", None)
    if isinstance(subcommands, typer.Typer):
        app.add_typer(subcommands, name=name)
    else:
        app.command(name, epilog=getattr(module, "EPILOG", None))(module.command)


def _overview() -> None:
    """Runs before each command and keeps a lone command from becoming the whole application."""


def _not_asked_for() -> None:
    """Stands for a command in the overview; ``assemble`` imports the real one when it is asked for."""
