"""What the demo shows: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, Final, NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agents.figures import figure, money
from agents.verdicts import Verdict, of_alert, of_change

LINE_EVERY_S: Final = 4.0
"""Seconds between plain lines."""

REFRESH_PER_S: Final = 8
SCHEMES_SHOWN: Final = 6
"""Schemes in the picture: a screen has no room for forty."""

CHANGES_SHOWN: Final = 6
ALERTS_SHOWN: Final = 6
_VERDICTS: Final[Mapping[Verdict, str]] = {"held": "", "failed": "no longer ", "untold": "decided by "}
_ARROWS: Final = {"up": ("▲", "green"), "down": ("▼", "red"), "across": ("◆", "yellow"), "out": ("✕", "yellow")}


class SchemeLegend(NamedTuple):
    """A scheme as the picture names it: base first, highest level last."""

    name: str
    title: str
    levels: tuple[str, ...]


@dataclass(slots=True)
class Picture:
    """Everything there is to show at one moment. ``levels`` counts customers by scheme and level."""

    applied: int = 0
    total: int = 0
    rate: float = 0.0
    day: str = "before the first day"
    tier_changes: int = 0
    alerts: int = 0
    dead_letters: int = 0
    schemes: Sequence[SchemeLegend] = ()
    levels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    latest: Sequence[Mapping[str, Any]] = ()
    latest_alerts: Sequence[Mapping[str, Any]] = ()


class View:
    """Shows pictures as they come; use as a context manager. Words go above the live picture."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._told = 0.0
        self._last: list[str] = []

    def say(self, text: str) -> None:
        """One line of words."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show(self, picture: Picture) -> None:
        """The present picture."""
        if self._console.is_terminal:
            if self._live is None:
                self._live = Live(console=self._console, refresh_per_second=REFRESH_PER_S)
                self._live.start()
            self._live.update(drawn(picture))
            return
        self._last = lines(picture)
        if time.monotonic() - self._told >= LINE_EVERY_S:
            self._tell_last()

    def close(self) -> None:
        """Leave the last picture standing."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._tell_last()

    def _tell_last(self) -> None:
        self._told = time.monotonic()
        for line in self._last:
            self.say(line)
        self._last = []


def drawn(picture: Picture) -> RenderableType:
    """The picture for a terminal."""
    bar = Table.grid(padding=(0, 2))
    bar.add_row(
        Text(picture.day, style="bold"),
        ProgressBar(total=max(1, picture.total), completed=picture.applied, width=30),
        f"{picture.applied:,} of {picture.total:,} transactions",
        Text(f"{picture.rate:,.0f} events/s" if picture.rate else "", style="cyan"),
        f"{picture.tier_changes:,} tier changes",
        f"{picture.alerts:,} alerts",
        f"{picture.dead_letters:,} dead letters",
    )
    return Group(
        Panel(bar, title="Tierline", border_style="blue"),
        Panel(_levels(picture), title="customers per tier", border_style="blue"),
        Panel(_changes(picture), title="latest tier changes", border_style="blue"),
        Panel(_alerts(picture), title="latest alerts", border_style="blue"),
    )


def liveliest(picture: Picture) -> list[SchemeLegend]:
    """The schemes that are shown, in their order: those in which most customers stand above the base."""

    def above(scheme: SchemeLegend) -> int:
        counts = picture.levels.get(scheme.name, {})
        return sum(counts.get(level, 0) for level in scheme.levels[1:])

    shown = {scheme.name for scheme in nlargest(SCHEMES_SHOWN, picture.schemes, key=above)}
    return [scheme for scheme in picture.schemes if scheme.name in shown]


def _levels(picture: Picture) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for scheme in liveliest(picture):
        counts = picture.levels.get(scheme.name, {})
        cells = [Text.assemble((f"{level} ", "dim"), f"{counts.get(level, 0):,}") for level in scheme.levels]
        table.add_row(Text(scheme.name, style="bold"), *cells)
    return table


def _changes(picture: Picture) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for change in picture.latest[:CHANGES_SHOWN]:
        arrow, colour = _ARROWS[change["direction"]]
        move = f"{change['from'] or 'new'} {arrow} {change['to'] or 'out of scope'}"
        table.add_row(
            change["effective_at"][:16].replace("T", " "),
            change["customer_id"],
            Text(change["scheme"], style="dim"),
            Text(move, style=colour),
            Text(why(change), overflow="ellipsis", no_wrap=True),
        )
    return table


def _alerts(picture: Picture) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for entry in picture.latest_alerts[:ALERTS_SHOWN]:
        alert, raised = entry["alert"], entry["action"] == "raised"
        table.add_row(
            alert["effective_at"][:16].replace("T", " "),
            alert["customer_id"],
            Text(alert["signal"], style="yellow" if raised else "dim"),
            Text(alert["severity"] if raised else "cleared", style="dim"),
            Text(why_alert(entry), overflow="ellipsis", no_wrap=True),
        )
    return table


def why_alert(entry: Mapping[str, Any]) -> str:
    """What an alert is about, in one line: money at stake, the condition that decided, and what it read."""
    alert = entry["alert"]
    stake = "" if alert["value_at_stake"] is None else f"{money(alert['value_at_stake'])} at stake: "
    figures = ", ".join(f"{name} {figure(name, value)}" for name, value in alert["evidence"].items())
    verdict = of_alert(alert["signal"], raised=entry["action"] == "raised")
    return f"{stake}{_decided(verdict, alert['condition'])}" + (f" ({figures})" if figures else "")


def why(change: Mapping[str, Any]) -> str:
    """What moved the customer, in one line: figures, the condition that read them, and when it was looked at."""
    figures = ", ".join(f"{name} {figure(name, value)}" for name, value in change["evidence"].items())
    looked = {"event": "", "day_close": ", at the day's close", "placement": ", first placement"}
    reason = looked.get(change["reason"], f", {change['reason']}")
    decided = _decided(of_change(change["direction"], change["reason"]), change["condition"])
    return f"{figures} ({decided}){reason}" if decided else f"{figures}{reason}"


def _decided(verdict: Verdict, condition: str) -> str:
    return f"{_VERDICTS[verdict]}{condition}" if condition else ""


def lines(picture: Picture) -> list[str]:
    """The picture in plain lines."""
    told = [
        (
            f"{picture.day}: {picture.applied:,} of {picture.total:,} transactions, {picture.rate:,.0f} events/s, "
            f"{picture.tier_changes:,} tier changes, {picture.alerts:,} alerts, {picture.dead_letters:,} dead letters"
        )
    ]
    for scheme in liveliest(picture):
        counts = picture.levels.get(scheme.name, {})
        told.append(f"    {scheme.name}: " + ", ".join(f"{level} {counts.get(level, 0):,}" for level in scheme.levels))
    for change in picture.latest[:3]:
        move = f"{change['from'] or 'new'} -> {change['to'] or 'out of scope'}"
        told.append(
            f"    {change['effective_at'][:10]} {change['customer_id']} {change['scheme']}: {move}: {why(change)}"
        )
    for entry in picture.latest_alerts[:3]:
        alert = entry["alert"]
        told.append(
            f"    {alert['effective_at'][:10]} {alert['customer_id']} {alert['signal']} {entry['action']}: "
            f"{why_alert(entry)}"
        )
    return told
