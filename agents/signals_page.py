"""The table of signals in ``docs/signals.md``, made from the policy files: ``python -m agents.signals_page`` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from agents.made_tables import ROOT, write
from agents.policy.loading import Policies
from agents.policy.schemes import Scheme
from agents.policy.signals import Family, Signal
from agents.policy.words import days_in_words, in_words
from agents.raised import TITLES
from agents.signals.tier_alerts import AT_RISK, NEAR, NEAR_SEVERITY, RISK_SEVERITY, SECURED
from schemas.policy_file import DowngradeTable

PAGE: Final = ROOT / "docs" / "signals.md"
"""Where the table is committed; a test fails when it differs from the files."""

_ORDER: Final = ("dormancy", "rbi_accounts", "churn", "risk", "moments", "opportunities", "service")
"""Families in the order of the page; others follow by name."""
_AT: Final = {
    "event": "at the event",
    "day_close": "at the day's close",
    "month_close": "at the month's close",
    "quarter_close": "at the quarter's close",
    "year_close": "at the year's close",
    "anniversary": "at the close of each year since the customer was first seen",
}
_ONCE: Final = {
    "transaction": "at the transaction, once",
    "interaction": "at the interaction, once",
    "tier_change": "at the change, once",
}
_EACH: Final = {"account": "account", "relative": "date in the family", "duty": "role", "cycle": "cycle of purchases"}
_HEAD: Final = """| signal | meaning | rule | told | who acts, and how | at stake | severity | source |
|---|---|---|---|---|---|---|---|
"""


class _Line(NamedTuple):
    """One signal as the table tells it."""

    name: str
    meaning: str
    rule: str
    told: str
    acts: str
    at_stake: str
    severity: str
    source: str

    def __str__(self) -> str:
        cells = (cell.replace("|", "\\|") for cell in self[1:])
        return f"| `{self.name}` | {' | '.join(cells)} |\n"


def render(policies: Policies) -> str:
    """The tables of all families; the same text for the same files, always."""
    families = sorted(policies.families, key=lambda family: _place(family.table.signals))
    parts = [part for family in families for part in _family(family)]
    tiers = "".join(map(str, _of_tiers(policies.schemes)))
    return "".join(parts) + f"\n### tiers: Levels about to be lost, kept, or almost reached\n\n{_HEAD}{tiers}\n"


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _family(family: Family) -> Iterator[str]:
    table = family.table
    yield f"\n### {table.signals}: {table.title or table.signals}\n\n"
    scope = "" if family.applies_to is None else f" Meant for customers where {in_words(family.applies_to.node)}."
    yield f"[`{family.file}`](../policies/{family.file}), from {table.source}.\n"
    yield f"Ours: {table.ours}.{scope}\n\n{_HEAD}"
    for signal in family.signals:
        yield str(_line(signal, family))


def _line(signal: Signal, family: Family) -> _Line:
    table = signal.table
    return _Line(
        table.name,
        table.title + ("" if table.each is None else f" (for each {_EACH[table.each]})"),
        "; ".join(_rule(signal)),
        _told(signal),
        f"{', '.join(table.roles)}: {table.advice}",
        "" if signal.value is None else in_words(signal.value.node),
        _severity(signal),
        table.source or family.table.source or "",
    )


def _rule(signal: Signal) -> Iterator[str]:
    table, raising = signal.table, signal.raising or signal.when
    if signal.where is not None:
        yield f"where {in_words(signal.where.node)}"
    if signal.due_on is None:
        yield in_words(raising.node)
    else:
        also = "" if table.when is None else f", if {in_words(raising.node)}"
        yield f"due on {in_words(signal.due_on.node)}{also}"
    for scheme, levels in table.for_levels.items():
        yield f"at {' or '.join(levels)} of `{scheme}`"
    if signal.clearing is not None:
        yield f"until {in_words(signal.clearing.node)}"
    if table.inhibited_by:
        yield f"not while {', '.join(f'`{name}`' for name in table.inhibited_by)}"
    if table.cooldown_days:
        yield f"not within {days_in_words(table.cooldown_days)} of the one before"


def _told(signal: Signal) -> str:
    table = signal.table
    if table.on is not None:
        return _ONCE[table.on]
    if signal.due_on is not None:
        return f"{days_in_words(table.lead_days)} before" if table.lead_days else "on the day"
    return _AT[signal.check]


def _severity(signal: Signal) -> str:
    told = [f"{one.word} where {in_words(one.when.node)}" for one in signal.severities if one.when is not None]
    return "; ".join([*told, f"otherwise {signal.severities[-1].word}" if told else signal.severities[-1].word])


def _of_tiers(schemes: Sequence[Scheme]) -> Iterator[_Line]:
    """What comes with the schemes themselves."""
    graces = {scheme.table.scheme: _grace(scheme.table.falling) for scheme in schemes if scheme.levels}
    risky = [f"`{name}`" for name, grace in graces.items() if grace]
    near = [scheme.table for scheme in schemes if scheme.table.near is not None]
    leads = sorted({grace for grace in graces.values() if grace})
    who = "who maintains the customer"
    yield _Line(
        AT_RISK,
        f"{TITLES[AT_RISK]} (for each scheme)",
        f"`stay` of the level held fails and its grace begins, in {', '.join(risky)}; "
        "until the level is kept, or lost with the tier change that tells why",
        f"{' or '.join(leads)} before, at the check that begins the grace",
        f"{who}: Deposit so much by a day to keep the level, where money alone keeps it: of a balance by that day, of an average within a week",
        "the deposit that keeps the level",
        RISK_SEVERITY,
        "S31; ours: graces",
    )
    yield _Line(
        SECURED,
        f"The level is safe again: what the clearing of `{AT_RISK}` is called then, under the same `alert_id`",
        "`stay` holds again before the grace ends, or the customer rises",
        "at the check that finds it",
        f"{who}: Nothing is left to do",
        "",
        "as it was",
        "S31",
    )
    percents = sorted({table.near.percent for table in near if table.near is not None})
    yield _Line(
        NEAR,
        f"{TITLES[NEAR]} (for each scheme)",
        f"money below the bound of the next level by at most {' or '.join(map(str, percents))} % of it, in "
        + ", ".join(f"`{table.scheme}`" for table in near),
        "at the checks that let up",
        f"{who}: Deposit so much by that day to reach the level; of an average, to reach it so many days later",
        "what is missing",
        NEAR_SEVERITY,
        "S07, S10; ours: how near",
    )


def _grace(falling: DowngradeTable) -> str:
    if falling.grace_months:
        return f"{falling.grace_months} months"
    return days_in_words(falling.grace_days) if falling.grace_days else ""


if __name__ == "__main__":
    write(PAGE, render)
