"""``tierline demo``: a made-up bank, a real Kafka and Valkey, a real worker, watched live."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from agents.demo import DemoFailed, DemoResult, run_demo
from agents.demo_alerts import told_alert
from agents.demo_feed import DemoPlan
from agents.demo_view import View
from agents.demo_worker import WorkerDied, variables
from agents.explain_text import told

EPILOG: Final = """\b
Examples:
  tierline demo                                      2,000 customers and 120 days in about a minute and a half
  tierline demo --keep                               leave everything running to look around, until Ctrl-C
  tierline demo --customers 5000 --transactions 300000 --seed 7
  tierline demo --policies ./my-policies             the same bank under rules of your own

\b
Needs Java 17 or newer and Maven, nothing else; TIERLINE_* settings of this shell are not used. Nothing is left behind.
"""

_ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)
"""Besides Ctrl-C: a closed terminal or a shut down machine must not leave servers behind either."""


def command(
    policies: Annotated[Path, typer.Option(help="Folder of policy files.")] = Path("policies"),
    customers: Annotated[int, typer.Option(min=1, help="Customers of the bank.")] = 2_000,
    days: Annotated[int, typer.Option(min=1, max=3_650, help="Days told.")] = 120,
    transactions: Annotated[int, typer.Option(min=1, help="Transactions, in all.")] = 150_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another bank.")] = 1,
    seconds: Annotated[float, typer.Option(min=0, help="Publish over so many seconds; 0: as fast as it goes.")] = 45.0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards, until Ctrl-C.")] = False,
) -> None:
    """Watch a made-up bank: progress, events a second, customers per tier, who moved where and why, and alerts."""
    console = Console()
    view = View(console)
    plan = DemoPlan(policies, customers, days, transactions, seed, seconds)

    def summary(result: DemoResult) -> None:
        _summary(view, result, policies, keep=keep)

    try:
        # Left to the system's cleaner if it cannot be removed: what matters is that the processes are gone.
        with tempfile.TemporaryDirectory(prefix="tierline-demo-", ignore_cleanup_errors=True) as folder:
            asyncio.run(_cancellable(plan, Path(folder), view, summary, keep=keep))
    except (DemoFailed, WorkerDied) as failed:
        typer.echo(f"tierline demo: {failed}", err=True)
        raise typer.Exit(1) from failed
    except (KeyboardInterrupt, asyncio.CancelledError) as interrupted:
        view.say("stopped")
        raise typer.Exit(0 if keep else 130) from interrupted


async def _cancellable(
    plan: DemoPlan, folder: Path, view: View, summary: Callable[[DemoResult], None], *, keep: bool
) -> None:
    """Run the demo so that every way of ending it runs the clean-up."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in _ENDINGS:
        if task is not None:
            loop.add_signal_handler(number, task.cancel)
    await run_demo(plan, folder, view, summary, keep=keep)


def _summary(view: View, result: DemoResult, policies: Path, *, keep: bool) -> None:
    figures = result.figures
    view.say("")
    view.say(
        f"done: {figures.records:,} transactions in {result.seconds:.0f} s, {figures.tier_changes:,} tier changes, "
        f"{figures.alerts:,} alerts, {figures.dead_letters:,} dead letters"
    )
    for alert in result.alerts:
        view.say("")
        view.say("\n".join(told_alert(alert)))
    if result.somebody is not None:
        view.say("")
        view.say("\n".join(told(result.somebody, all_measures=False)))
    view.say("")
    view.say(
        "where to look next" + (", in another shell:" if keep else " (with `tierline demo --keep` it all stays up):")
    )
    customer = "C00000001" if result.somebody is None else result.somebody.customer_id
    base = f"http://{result.settings.web_host}:{result.settings.web_port}"
    given = "" if policies == Path("policies") else f" --policies {policies}"
    if keep:
        for name, value in variables(result.settings).items():
            view.say(f"  export {name}={value}")
    for command_line, words in (
        (f"tierline explain {customer}", "the same as above, for any customer"),
        ("tierline dead-letters list", "what was set aside, and why"),
        (f"tierline policy check{given}", f"the rules in words; change a bound in {policies}/ and run the demo again"),
        (f"curl {base}/changes", "the latest tier changes"),
        (f"curl {base}/alerts", "the latest alerts"),
        (f"curl {base}/metrics", "the figures of the worker"),
    ):
        view.say(f"  {command_line:<44} {words}")
