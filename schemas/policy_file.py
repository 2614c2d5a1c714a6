"""A policy file: one TOML file that holds one scheme, of levels or of classes, as a product manager writes it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Check = Annotated[
    Literal["event", "day_close", "month_close", "quarter_close", "year_close", "anniversary"],
    Meta(description="one of event, day_close, month_close, quarter_close, year_close, anniversary"),
]
"""When a direction or a signal is checked: ``event`` at each event and each close, ``anniversary`` at the close of each day whole
years after the standing began, of a signal after the customer was first seen, else at closes of at least that kind."""
Steps = Annotated[Literal["balance", "one"], Meta(description="balance or one")]
"""How deep a fall goes: to the highest lower level that still holds, or a single level."""
HoldUntil = Annotated[Literal["next_year_end"], Meta(description="next_year_end")]
"""A calendar-year hold: to the end of the year after the one of the upgrade."""

Name = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_]{0,63}$",
        description="a name of at most 64 small letters, digits and underscores, a letter first",
    ),
]
Text = Annotated[str, Meta(min_length=1, description="a text in quotes that is not empty")]
ConditionText = Annotated[str, Meta(min_length=1, description='a condition in quotes, such as "aum >= 100_000"')]
Names = Annotated[list[Name], Meta(description='a list of names, such as ["wealth_rm"]')]
ConditionNames = Annotated[
    list[Name], Meta(description='a list of names of conditions in [let], such as ["large_outflow"]')
]
MeasureNames = Annotated[list[Name], Meta(description='a list of names of measures and facts, such as ["aum"]')]
BenefitNames = Annotated[list[Name], Meta(description='a list of names, such as ["lounge"]')]
Flag = Annotated[bool, Meta(description="true or false")]
Days = Annotated[int, Meta(ge=0, le=3660, description="a whole number of days from 0 to 3660")]
Months = Annotated[int, Meta(ge=0, le=120, description="a whole number of months from 0 to 120")]
NearDays = Annotated[int, Meta(ge=1, le=366, description="a whole number of days from 1 to 366")]
Percent = Annotated[int, Meta(ge=1, le=99, description="a whole number of percent from 1 to 99")]
Table = Annotated[dict[str, object], Meta(description='a table, such as { kind = "personal" }')]
NameTable = Annotated[
    dict[Name, Name], Meta(description='a table of names, such as { profitability = "high" } or { old = "new" }')
]
Duties = Annotated[
    dict[Name, Annotated[int, Meta(ge=1, le=31)]],
    Meta(description="contacts a month by role from 1 to 31, such as { president = 1 }"),
]
Dates = Annotated[
    dict[Name, list[object]], Meta(description="lists of dates by name, such as { payday = [2026-01-15] }")
]

OUT: Final = "out"
"""What an example expects of a customer who has no standing in the scheme; no level may be called so."""


class RouteTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Who acts where ``when`` holds: the first route that holds wins."""

    when: ConditionText
    roles: Names


class PlaceTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What levels and classes have in common: ``roles`` act where no route holds, ``carry`` names facts and measures
    that a change brings along."""

    name: Name
    title: Text | None = None
    reasons: ConditionNames = []
    roles: Names = []
    routes: list[RouteTable] = []
    contacts_per_month: Duties = {}
    benefits: BenefitNames = []
    carry: MeasureNames = []


class LevelTable(PlaceTable, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[level]]``: one level, lowest first; ``stay`` left out is the same as ``enter``."""

    enter: ConditionText
    stay: ConditionText | None = None
    referral_on_upgrade: Flag = False


class ClassTable(PlaceTable, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[class]]``: the first whose ``when`` holds; ``keep`` (left out: ``when``) holds the present one. In a matrix
    ``at`` names the level of each axis instead; an axis not named may be at any."""

    when: ConditionText | None = None
    keep: ConditionText | None = None
    at: NameTable | None = None


class AxisLevelTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[axis.level]]``: one level of an axis, lowest first."""

    name: Name
    enter: ConditionText
    title: Text | None = None
    stay: ConditionText | None = None


class AxisTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[axis]]``: one side of a matrix, with its own hysteresis."""

    name: Name
    base: Name
    level: list[AxisLevelTable]
    title: Text | None = None


class UpgradeTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[upgrade]``: when a customer may rise."""

    check: Check = "event"


class DowngradeTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[downgrade]``: when a customer may fall, how far, how long a level is held after an upgrade or a placement before
    any grace begins, and how long it is kept once it fails."""

    check: Check = "event"
    grace_days: Days | None = None
    grace_months: Months | None = None
    hold_days: Days | None = None
    hold_months: Months | None = None
    hold_until: HoldUntil | None = None
    steps: Steps = "balance"


class NearTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[near]``: who is within ``percent`` below the next level's bound is near it.

    The deposit that such a customer is told of reaches an average ``days`` later.
    """

    percent: Percent
    days: NearDays = 30


class CutTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[cut]]``: what part of ``measure`` the first ``top_percent`` of customers hold, and from which amount on (``cut_<name>``)."""

    name: Name
    measure: Name
    top_percent: Percent
    title: Text | None = None


class ExampleTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[example]]``: with ``given`` figures, who stands at ``from`` comes to rest at ``expect``.

    ``accounts`` are the customer's accounts, a table of ``account_*`` figures each.
    """

    given: Table
    expect: Name
    from_: Name | None = msgspec.field(name="from", default=None)
    accounts: list[dict[str, object]] = []
    roles: Names | None = None
    reasons: ConditionNames | None = None


class SchemeFile(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The whole file: a scheme of levels, or one of classes with or without axes.

    ``base_roles`` act at the base, where that is no class. ``let`` holds named numbers, named conditions or sums as text, lookups, scores and quantifiers. ``check`` is for
    classes, ``upgrade``, ``downgrade`` and ``near`` are for levels, ``cut`` is for both.
    """

    scheme: Name
    base: Name
    title: Text | None = None
    source: Text | None = None
    ours: Text | None = None
    applies_to: ConditionText | None = None
    primary: Flag = False
    base_roles: Names = []
    check: Check | None = None
    calendar: Dates = {}
    let: Table = {}
    retired: NameTable = {}
    level: list[LevelTable] = []
    axis: list[AxisTable] = []
    class_: list[ClassTable] = msgspec.field(name="class", default_factory=list)
    upgrade: UpgradeTable | None = None
    downgrade: DowngradeTable | None = None
    near: NearTable | None = None
    cut: list[CutTable] = []
    example: list[ExampleTable] = []

    @property
    def rising(self) -> UpgradeTable:
        """``[upgrade]``, or what it means left out."""
        return self.upgrade or UpgradeTable()

    @property
    def falling(self) -> DowngradeTable:
        """``[downgrade]``, or what it means left out."""
        return self.downgrade or DowngradeTable()
