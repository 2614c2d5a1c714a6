"""``tierline rebuild``: compute all state anew from the logs."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer

from agents.commands.worker import set_up_logging
from agents.flags import with_settings
from agents.parts import WorkerFailed
from agents.policy_files import check_named_folder, read_folder
from agents.progress import Bar
from agents.rebuild import check_alone
from agents.rebuild import rebuild as compute
from schemas.settings import Settings

EPILOG: Final = """\b
Examples:
  tierline rebuild --namespace v2            into the empty namespace v2; then
  TIERLINE_NAMESPACE=v2 tierline worker      run the workers with it
  tierline rebuild --namespace v2 --resume   go on after an interruption
"""


@with_settings(besides=check_named_folder)
def command(
    settings: Settings,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in a namespace into which a rebuild was interrupted.")
    ] = False,
    publish_again: Annotated[
        bool,
        typer.Option("--publish-again", help="Publish all outputs once more, where Kafka forgot how far they were."),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what Kafka says, too.")] = False,
) -> None:
    """Compute all state anew from the transactions and the journal, into an empty namespace of the store.

    For a store that was lost, a state of an older layout, or settings that cannot change in place. Both logs must
    still be whole. Stop all workers first. Nothing that was published is published again.
    """
    set_up_logging(verbose=verbose)
    policies = read_folder(settings.policies)
    try:
        asyncio.run(check_alone(settings, resume=resume, publish_again=publish_again))
        with Bar("rebuilding", "records") as bar:
            asyncio.run(compute(settings, policies, bar.update))
    except WorkerFailed as failed:
        typer.echo(f"tierline rebuild: {failed}", err=True)
        raise typer.Exit(1) from failed
    except KeyboardInterrupt as interrupted:
        typer.echo("tierline rebuild: interrupted; the same command with --resume goes on from here", err=True)
        raise typer.Exit(1) from interrupted
    typer.echo(
        f"done. Start the workers with TIERLINE_NAMESPACE={settings.namespace}\n"
        "The state of before is untouched; delete its keys once the workers run well."
    )
