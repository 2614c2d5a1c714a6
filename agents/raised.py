"""The signals that are raised about one customer, for explanations."""

from __future__ import annotations

import msgspec

from agents.days import iso
from schemas.state import Profile


class SignalView(msgspec.Struct, kw_only=True, frozen=True):
    """A signal that is raised ``since`` then; dates are ISO. ``alert_id`` and ``severity`` are null while it is held back.

    ``about`` is an account id, a relative, a role, a category or a scheme, null of the customer as a whole.
    """

    signal: str
    since: str
    severity: str | None
    alert_id: str | None
    about: str | None
    due_on: str | None


def signals_of(profile: Profile) -> list[SignalView]:
    """The signals that are raised, by name and by what they are about."""
    return [
        SignalView(
            signal=signal,
            since=iso(raised.since),
            severity=raised.severity if raised.sent else None,
            alert_id=raised.alert_id if raised.sent else None,
            about=item or None,
            due_on=iso(raised.due_on) if raised.sent and raised.due_on is not None else None,
        )
        for signal, entries in sorted(profile.signals.items())
        for item, raised in sorted(entries.items())
        if raised.since is not None
    ]
