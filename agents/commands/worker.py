"""``tierline worker``: take transactions in, send tier changes out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Annotated, Final

import typer

from agents.cli import MISTAKE_EXIT_CODE
from agents.drain import Remainder
from agents.flags import with_settings
from agents.parts import WorkerFailed
from agents.policy_files import check_named_folder, read_folder
from agents.progress import Bar
from agents.worker import leave, run_worker
from schemas.mistakes import Mistake
from schemas.settings import Settings

QUIET: Final = ("aiokafka", "faust", "mode", "aiohttp", "numba", "asyncio")
"""Loggers of the libraries below us: their warnings are shown, their chatter is not."""


EPILOG: Final = """\b
Examples:
  tierline worker                                    until SIGTERM or Ctrl-C
  tierline worker --drain                            until what stands in the logs is done
  TIERLINE_WEB_PORT=6067 tierline worker             a second worker on the same machine
  tierline worker --clock log --policies ./policies  days close by the records' timestamps alone

\b
Pages, on the address and port of --web-host and --web-port:
  /live  /ready  /metrics  /changes  /customers/ID

\b
Exit code: 0 stopped or drained; 1 failed, the last line says why; 2 something to mend in settings, policies or topics;
3 cut off since it did not stop within 9 seconds (nothing is lost).
"""


@with_settings(besides=check_named_folder)
def command(
    settings: Settings,
    drain: Annotated[
        bool, typer.Option("--drain", help="End once everything that stands in the logs now is committed and relayed.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what Kafka and Faust say, too.")] = False,
) -> None:
    """Take transactions in, send tier changes out; several workers of one group share the partitions."""
    set_up_logging(verbose=verbose)
    policies = read_folder(settings.policies)
    code = 0
    try:
        if drain:
            _drain(settings, policies)
        else:
            run_worker(settings, policies)
    except WorkerFailed as failed:
        typer.echo(f"tierline worker: {failed}", err=True)
        code = 1
    except Mistake as mistake:
        typer.echo(f"tierline: {mistake}", err=True)
        code = MISTAKE_EXIT_CODE
    # A worker that began to run may leave threads behind that still wind up.
    leave(code)


def _drain(settings: Settings, policies: Mapping[str, str]) -> None:
    with Bar("draining", "records") as bar:

        def progress(left: Remainder, total: int) -> None:
            bar.update(total - left.records, total)

        run_worker(settings, policies, progress)


def set_up_logging(*, verbose: bool) -> None:
    """Lines on standard error: time, level, where, what."""
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )
    if not verbose:
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
