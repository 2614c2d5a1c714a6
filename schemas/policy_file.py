"""A policy file: one TOML file that holds one scheme of levels, as a product manager writes it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

Check = Annotated[
    Literal["event", "day_close", "month_close", "quarter_close", "year_close"],
    Meta(description="one of event, day_close, month_close, quarter_close, year_close"),
]
"""When a direction is checked: ``event`` at each event and each close, else at closes of at least that kind."""
Steps = Annotated[Literal["balance", "one"], Meta(description="balance or one")]
"""How deep a fall goes: to the highest lower level that still holds, or a single level."""

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
Flag = Annotated[bool, Meta(description="true or false")]
GraceDays = Annotated[int, Meta(ge=0, le=3660, description="a whole number of days from 0 to 3660")]
GraceMonths = Annotated[int, Meta(ge=0, le=120, description="a whole number of months from 0 to 120")]
Table = Annotated[dict[str, object], Meta(description='a table, such as { kind = "personal" }')]

OUT: Final = "out"
"""What an example expects of a customer who has no standing in the scheme; no level may be called so."""


class LevelTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[level]]``: one level, lowest first; ``stay`` left out is the same as ``enter``."""

    name: Name
    enter: ConditionText
    title: Text | None = None
    stay: ConditionText | None = None
    reasons: Names = []
    roles: Names = []
    referral_on_upgrade: Flag = False
    benefits: Names = []


class UpgradeTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[upgrade]``: when a customer may rise."""

    check: Check = "event"


class DowngradeTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[downgrade]``: when a customer may fall, how long a level is kept before, and how far down it goes."""

    check: Check = "event"
    grace_days: GraceDays | None = None
    grace_months: GraceMonths | None = None
    steps: Steps = "balance"


class ExampleTable(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """``[[example]]``: with ``given`` figures, who stands at ``from`` comes to rest at ``expect``."""

    given: Table
    expect: Name
    from_: Name | None = msgspec.field(name="from", default=None)
    roles: Names | None = None
    reasons: Names | None = None


class SchemeFile(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The whole file. ``let`` holds named numbers and named conditions or sums, as text."""

    scheme: Name
    base: Name
    level: list[LevelTable]
    title: Text | None = None
    source: Text | None = None
    ours: Text | None = None
    applies_to: ConditionText | None = None
    let: Table = {}
    upgrade: UpgradeTable = UpgradeTable()
    downgrade: DowngradeTable = DowngradeTable()
    example: list[ExampleTable] = []
