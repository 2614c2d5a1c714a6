"""``tierline local``: a Kafka and a Valkey on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from deploy.local import OWN_SERVERS, LocalStack, LocalStackError, NotInstalled, StackStatus

app = typer.Typer(
    help="Start, stop and look at a Kafka and a Valkey on this machine.",
    epilog="""\b
Examples:
  eval "$(tierline local up)"           start both, and point this shell at them
  tierline local up --kafka-port 9092   with Kafka on a port of your choice
  tierline local status                 addresses and processes
  tierline local down --wipe            stop both and forget all data

\b
With TIERLINE_BROKER and TIERLINE_STORE set to servers of your own, those are used and nothing is started.
Needs Java 17 or newer, and Maven for the first start.
""",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Option(help="Where the servers keep data, logs and pid files.")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65_535, help="A port of your choice; else the last one, or a free one.")
]
DEFAULT_FOLDER = Path(".local/stack")


@app.command()
def up(folder: Folder = DEFAULT_FOLDER, kafka_port: Port = None, valkey_port: Port = None) -> None:
    """Start both, wait until they answer, and print their addresses as lines for the shell."""
    stack = LocalStack(folder, kafka_port, valkey_port)
    own = own_servers(os.environ, stack.status())
    if own is not None:
        typer.echo("TIERLINE_BROKER and TIERLINE_STORE are set: using those, nothing started", err=True)
        typer.echo(own)
        return
    typer.echo(f"starting Kafka and Valkey in {stack.folder} ...", err=True)
    try:
        typer.echo(stack.up().exports)
    except NotInstalled as missing:
        raise LocalStackError(f"{missing}, {OWN_SERVERS}") from missing


@app.command()
def down(
    folder: Folder = DEFAULT_FOLDER,
    wipe: Annotated[bool, typer.Option("--wipe", help="Delete their data and logs too.")] = False,
) -> None:
    """Stop both; their data stays unless it is wiped."""
    stack = LocalStack(folder)
    running = stack.status()
    stack.down(wipe=wipe)
    typer.echo(f"{'stopped' if running.kafka_pid or running.valkey_pid else 'nothing runs'} in {stack.folder}")


@app.command()
def status(folder: Folder = DEFAULT_FOLDER) -> None:
    """Say what runs and where; exit code 1 unless both do."""
    now = LocalStack(folder).status()
    for server, address, pid in (("Kafka", now.broker, now.kafka_pid), ("Valkey", now.store, now.valkey_pid)):
        typer.echo(f"{server:<7} {f'runs at {address}, pid {pid}' if pid else 'does not run'}")
    typer.echo(f"folder  {now.folder}")
    if not now.up:
        raise typer.Exit(1)


def own_servers(env: Mapping[str, str], stack: StackStatus) -> str | None:
    """The ``export`` lines of servers named in ``env``; None if there are none besides ``stack`` itself.

    A shell that took over this stack's addresses names no servers of its own. One of the two alone is a mistake.
    """
    broker, store = env.get("TIERLINE_BROKER"), env.get("TIERLINE_STORE")
    if (broker, store) in {(None, None), (stack.broker, stack.store)}:
        return None
    if broker is None or store is None:
        there, missing = (
            ("TIERLINE_STORE", "TIERLINE_BROKER") if broker is None else ("TIERLINE_BROKER", "TIERLINE_STORE")
        )
        raise LocalStackError(f"{there} is set and {missing} is not: set both to use servers of your own, or unset it")
    return f"export TIERLINE_BROKER={broker}\nexport TIERLINE_STORE={store}"
