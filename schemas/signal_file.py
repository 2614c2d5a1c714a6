"""A policy file of signals: one TOML file that holds a family of them, as a product manager writes it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.policy_file import Check, ConditionText, Dates, Days, Name, Names, Table, Text

Each = Annotated[
    Literal["account", "relative", "duty", "cycle"], Meta(description="one of account, relative, duty, cycle")
]
"""What there is one alert for each of: an account, a date in the family, a contact duty of a role, a cycle of purchases."""
On = Annotated[
    Literal["transaction", "interaction", "tier_change"],
    Meta(description="one of transaction, interaction, tier_change"),
]
"""What a one-shot signal is about: it reads ``txn_*``, ``interaction_*`` or ``tier_*`` and has nothing to clear."""
SeverityText = Annotated[
    str | dict[Name, str],
    Meta(description='a word such as "high", or conditions such as { high = "aum >= 1_000_000", otherwise = "low" }'),
]
ValueText = Annotated[
    str, Meta(min_length=1, description='the name of a measure of money in quotes, such as "aum", or a sum of some')
]
DayText = Annotated[str, Meta(min_length=1, description='a day in quotes, such as "next_anniversary(birth_date)"')]
SignalNames = Annotated[list[Name], Meta(description='a list of names of signals, such as ["large_outflow"]')]
LevelNames = Annotated[
    dict[Name, Names], Meta(description='levels by scheme, such as { abc_card = ["gold", "platinum"] }')
]

OTHERWISE = "otherwise"
"""The severity where no condition of another holds."""


class SignalTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[signal]]``: raised where ``when`` holds (of a dated one: within ``lead_days`` of ``due_on`` too), cleared where
    ``clear`` does (left out: where ``when`` holds no longer). ``where`` says for whom or for which of ``each`` it is meant.

    ``check`` is when it may begin or end: left out ``event``, of a dated signal and of one for each relative, duty or cycle ``day_close``.
    ``severity`` names the worst first. ``value`` is the money at stake. A raise within ``cooldown_days`` of the one before, or while a signal of
    ``inhibited_by`` holds, is held and sent at the end of that if it is still true; a one-shot is dropped. ``for_levels`` are the
    levels at which a customer must stand. ``carry`` names facts and measures that the alert tells along. ``roles`` act on it.
    ``source`` says where it comes from.
    """

    name: Name
    title: Text
    source: Text | None = None
    when: ConditionText | None = None
    clear: ConditionText | None = None
    where: ConditionText | None = None
    check: Check | None = None
    each: Each | None = None
    on: On | None = None
    due_on: DayText | None = None
    lead_days: Days | None = None
    severity: SeverityText = "medium"
    value: ValueText | None = None
    cooldown_days: Days = 0
    inhibited_by: SignalNames = []
    for_levels: LevelNames = {}
    carry: Names = []
    advice: Text | None = None
    roles: Names = []


class SignalExampleTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[example]]``: with ``given`` figures and ``accounts`` (or ``items`` of another ``each``) the signals ``expect`` hold,
    and no others of the file; with ``raised`` those that were raised before. ``levels`` are the customer's standings by scheme, ``severity``
    the severities expected."""

    given: Table = {}
    expect: SignalNames
    raised: SignalNames = []
    accounts: list[dict[str, object]] = []
    items: list[dict[str, object]] = []
    levels: dict[Name, Name] = {}
    severity: dict[Name, Name] = {}


class SignalsFile(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The whole file. ``applies_to`` is who it is about; ``let`` and ``calendar`` are as in a scheme."""

    signals: Name
    title: Text | None = None
    source: Text | None = None
    ours: Text | None = None
    applies_to: ConditionText | None = None
    calendar: Dates = {}
    let: Table = {}
    signal: list[SignalTable] = []
    example: list[SignalExampleTable] = []
