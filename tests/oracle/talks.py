"""What the bank's people had to do with a customer, kept whole and asked anew for every question.

Readings of the design: an interaction counts on the business day of its instant. One of the last sixteen applied told again
is a repeat. A complaint with an id ends with a resolution of that id, one without with any resolution, in log order. Of
enquiries on one day the last told counts. Seventeen complaints are never open at once here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.days import date_of

REPEATS_KNOWN = 16


@dataclass(frozen=True, slots=True)
class Talk:
    """One interaction and its business day."""

    day: int
    told: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.told.get(name)


@dataclass(slots=True)
class Talks:
    """All interactions applied, in log order."""

    all: list[Talk] = field(default_factory=list)

    def hear(self, told: dict[str, Any], day: int) -> bool:
        """Take one over; false if it is a repeat."""
        if told["interaction_id"] in [talk.interaction_id for talk in self.all[-REPEATS_KNOWN:]]:
            return False
        self.all.append(Talk(day, told))
        return True

    def fact(self, name: str) -> dt.date | str | None:
        """A fact that interactions tell; None unknown."""
        match name:
            case "last_contact_on":
                return _latest(talk.day for talk in self._of("contact"))
            case "enquired_on":
                return _latest(talk.day for talk in self._of("enquiry"))
            case "enquired_product":
                asked = self._of("enquiry")
                return max(enumerate(asked), key=lambda pair: (pair[1].day, pair[0]))[1].product if asked else None
            case "complaint_open_since":
                days = [talk.day for place, talk in enumerate(self.all) if self._open(place, talk)]
                return date_of(min(days)) if days else None
        msg = f"interactions tell no {name}"
        raise ValueError(msg)

    def contacts(self, role: str, today: dt.date) -> int:
        """How many contacts of a role count for today's calendar month."""
        days = [date_of(talk.day) for talk in self._of("contact") if talk.role == role]
        return sum((day.year, day.month) == (today.year, today.month) for day in days)

    def _of(self, kind: str) -> list[Talk]:
        return [talk for talk in self.all if talk.kind == kind]

    def _open(self, place: int, talk: Talk) -> bool:
        """Whether this is a complaint that no later resolution ended."""
        ends = [later.complaint_id for later in self.all[place:] if later.kind == "resolution"]
        if talk.kind != "complaint":
            return False
        return not ends if talk.complaint_id is None else talk.complaint_id not in ends


def _latest(days: Any) -> dt.date | None:
    latest = max(days, default=None)
    return None if latest is None else date_of(latest)
