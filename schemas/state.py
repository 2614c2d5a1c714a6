"""What is kept of a customer besides the numbers: facts, accounts by name, the standing in each scheme."""

from __future__ import annotations

import msgspec


class Standing(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A customer's place in one scheme. Days are day numbers: days since 1970-01-01 of the bank's calendar.

    ``level`` is None while the customer is out of the scheme's scope. ``failing_since`` is the as-of day on
    which ``stay`` first failed; ``falls_on`` the day whose close takes the level. ``checked_on`` is the as-of day of the last
    upgrade or placement, which counts as a check of both directions.
    """

    level: str | None = None
    since: int = 0
    failing_since: int | None = None
    falls_on: int | None = None
    checked_on: int | None = None


class Profile(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """The named half of a customer's record; the numeric half lives in the ledger's arrays.

    ``accounts`` holds the account ids in the order of the ledger's account rows. ``facts`` maps a fact's
    name to its value (text, number, or a date as ISO text); a fact not in it is unknown. A customer holds at most one
    standing a scheme: ``standings`` has no entry before the first placement.
    """

    accounts: list[str] = []
    facts: dict[str, str | int | bool] = {}
    standings: dict[str, Standing] = {}
