"""What is kept of a customer besides the numbers: facts, accounts by name, the standing in each scheme."""

from __future__ import annotations

import msgspec


class Standing(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A customer's place in one scheme. Days are day numbers: days since 1970-01-01 of the bank's calendar.

    ``level`` is None while the customer is out of the scheme's scope. ``failing_since`` is the as-of day on
    which ``stay`` first failed; ``falls_on`` the last day of its grace. ``checked_on`` is the as-of day of the last
    upgrade, placement or change of class, which counts as a check of both directions. ``held_until`` is the day through
    whose close the level is held whatever its ``stay`` says. ``axes`` maps each axis of a matrix to the level there.
    """

    level: str | None = None
    since: int = 0
    failing_since: int | None = None
    falls_on: int | None = None
    checked_on: int | None = None
    held_until: int | None = None
    axes: dict[str, str] = {}


class KnownAccount(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Facts about one account; days are day numbers, None is unknown."""

    opened_on: int | None = None
    closed_on: int | None = None
    matures_on: int | None = None
    card_activated_on: int | None = None
    counts_in_aum: bool | None = None
    branch_id: str | None = None


class Override(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A level that a person set in one scheme, until the close of day ``until``.

    ``since`` is the as-of day on which it took effect, None before; ``before`` the standing until then.
    """

    level: str
    until: int
    reason: str
    by: str
    since: int | None = None
    before: Standing | None = None


class Raised(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A signal of a customer, or of one of its accounts, relatives, duties or cycles. Days are day numbers.

    ``since`` is the as-of day on which it came to hold, None while it does not. ``sent`` tells whether its raising was
    published under ``alert_id``, or is held back; ``severity`` is the worst that was published. ``sent_on`` is the as-of day
    of the latest raise that was published, which a cooldown counts from, and ``due_on`` the date that raise was for.
    """

    since: int | None = None
    sent: bool = False
    alert_id: str = ""
    severity: str = ""
    sent_on: int | None = None
    due_on: int | None = None


class Profile(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """The named half of a customer's record; the numeric half lives in the ledger's arrays.

    ``accounts`` holds the account ids in the order of the ledger's account rows. ``facts`` maps a fact's
    name to its value (text, money in minor units, a share in millionths, a date as ISO text); a fact not in it is unknown.
    A customer holds at most one standing a scheme: ``standings`` has no entry before the first placement. ``sources``
    gives the newest day for which each source told something, ``tags`` the tags that each source gives, ``overrides`` the
    override by scheme, ``family_dates`` day numbers by their name. ``signals`` are by name and then by what they are about:
    an account id, a relative, a role, a category, a scheme, or empty for the customer.

    ``contacts`` counts contacts by role and calendar month (months since January 1970; the latest two). ``complaints`` maps
    the open ones to the day of each, ``""`` is one without an id. ``interactions`` are XXH3-64 of the ids last applied.
    ``cycles`` holds the spend in minor units by category and day of purchase, the latest days of each.
    """

    accounts: list[str] = []
    facts: dict[str, str | int | bool] = {}
    standings: dict[str, Standing] = {}
    account_facts: dict[str, KnownAccount] = {}
    sources: dict[str, int] = {}
    tags: dict[str, list[str]] = {}
    family_dates: dict[str, int] = {}
    overrides: dict[str, Override] = {}
    signals: dict[str, dict[str, Raised]] = {}
    contacts: dict[str, dict[int, int]] = {}
    complaints: dict[str, int] = {}
    interactions: list[int] = []
    cycles: dict[str, dict[int, int]] = {}

    def text(self, fact: str) -> str | None:
        """A fact that is told as text, such as ``owner_id``; None if it is unknown."""
        value = self.facts.get(fact)
        return None if value is None else str(value)
