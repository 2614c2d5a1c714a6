"""The signals of one customer, from the TOML text to the alerts of one look.

Readings of the policy language, section on signals:

* Tiers are decided first, then signals: whatever holds a signal back before it, else by name.
* ``when`` true begins a signal, ``when`` false ends it; with ``clear`` that ends it instead, unless ``when`` still holds. Unknown does neither.
  Not to stand at the levels of ``for_levels``, one in each scheme named, is the same as ``applies_to`` or ``where`` being false:
  it ends.
* What is raised is sent when nothing holds it: as of ``cooldown_days`` after the last raise that was sent, and no signal of ``inhibited_by``
  raised (sent or not) for the same item, or for any where they are not for each of the same. It is sent with what holds then.
* Worse than ever sent is sent again, held by nothing; it begins no new cooldown.
* A dated signal is raised once for each date; another date ends it, and begins it anew where that is near enough. A date that
  has passed ends it, though none may follow; what is held back ends when its date becomes unknown.
* A duty is owed in a calendar month: what was raised in another month ends, and begins anew if it is owed again.
* A check at events is skipped by a close that comes after an event of a later day.
* An anniversary check is made at the close of each day whole years after the customer was first seen; of who never was, none.
* A one-shot is told at the look of its transaction or interaction or at each tier change of a look, or never: in a cooldown or held back it is
  dropped, and so it is at an opening.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.days import date_of
from tests.oracle.schemes import lets_of
from tests.oracle.tiers import CLOSE_MONTHS, Look
from tests.oracle.told import Asked, Said, Told, counts_days, to_cents

Json = dict[str, Any]


@dataclass(slots=True)
class Entry:
    """What is remembered of a signal and an item."""

    raised: bool = False
    since: int | None = None
    """The as-of day on which it was raised, while it is."""
    sent: str | None = None
    """The worst severity that was sent."""
    last_sent: int | None = None
    due_on: int | None = None
    told_due: int | None = None


@dataclass(frozen=True)
class Family:
    """One file of signals."""

    signals: tuple[Json, ...]
    lets: dict[str, Any]
    applies_to: str

    @staticmethod
    def read(text: str) -> Family:
        """The family in a TOML text."""
        file: Json = tomllib.loads(text, parse_float=Decimal)
        return Family(tuple(file["signal"]), lets_of(file), file.get("applies_to", "True"))


def is_family(text: str) -> bool:
    """Whether a policy file is one of signals."""
    return "signals" in tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a look is about beside its customer: its record, items of a kind, each with what evaluates on it; the changes of tiers.

    ``as_of_later`` tells of a close that an event of a later day came before, ``first_seen`` is the day as of which the customer was. ``on`` is the kind of its record, if that is a
    transaction or an interaction.
    """

    look: Look
    customer: Asked
    record: Asked
    items: Callable[[str], Sequence[tuple[str, Asked]]]
    changes: Sequence[tuple[str, Asked]]
    levels: Mapping[str, str | None]
    first_seen: int | None
    on: str | None
    as_of_later: bool


@dataclass
class Signals:
    """All families of a bank, and how to decide one customer by them."""

    families: list[Family] = field(default_factory=list)

    @functools.cached_property
    def order(self) -> list[tuple[Json, Family]]:
        """Inhibitors first, else by name: again and again the first by name of those that wait for nobody."""
        waiting = {signal["name"]: (signal, family) for family in self.families for signal in family.signals}
        done: list[tuple[Json, Family]] = []
        while waiting:
            free = [n for n, (signal, _) in waiting.items() if not waiting.keys() & set(signal.get("inhibited_by", []))]
            done.append(waiting.pop(min(free)))
        return done

    def decide(self, known: dict[str, dict[str, Entry]], occasion: Occasion) -> Iterator[Told]:
        """What one look tells of one customer; ``known`` is by signal and item."""
        by_name = {signal["name"]: signal for signal, _ in self.order}
        for signal, family in self.order:
            entries = known.setdefault(signal["name"], {})
            one = One(signal, family, entries, occasion, lambda item, s=signal: _held(s, by_name, known, item))  # type: ignore[misc]
            yield from one.once() if "on" in signal else one.last()


def _held(signal: Json, by_name: Mapping[str, Json], known: Mapping[str, dict[str, Entry]], item: str) -> bool:
    for name in signal.get("inhibited_by", []):
        alike = by_name[name].get("each") == signal.get("each")
        entries = known.get(name, {})
        if any(entry.raised for key, entry in entries.items() if not alike or key == item):
            return True
    return False


@dataclass
class One:
    """One signal at one look."""

    signal: Json
    family: Family
    entries: dict[str, Entry]
    occasion: Occasion
    held: Callable[[str], bool]

    def last(self) -> Iterator[Told]:
        """A signal that lasts, for each of its items."""
        check = self.signal.get("check", "day_close" if self._dated() else "event")
        if not ((check == "event" and not self.occasion.as_of_later) or _makes(self.occasion, check)):
            return
        each = self.signal.get("each")
        items = [("", self.occasion.customer)] if each is None else list(self.occasion.items(each))
        for item, evaluate in items:
            yield from self._look(item, evaluate)
        for item in sorted(self.entries.keys() - {item for item, _ in items}):
            yield from self._gone(item)

    def once(self) -> Iterator[Told]:
        """A one-shot: at the transaction or interaction, or at each change of a tier."""
        if self.occasion.look.reason == "placement" or not self._at_levels():
            return
        found = [("", self.occasion.record)] if self.signal["on"] == self.occasion.on else []
        for item, evaluate in self.occasion.changes if self.signal["on"] == "tier_change" else found:
            entry = self.entries.setdefault(item, Entry())
            if self._when(evaluate) is True and not self.held(item) and not self._cools(entry):
                entry.last_sent = self.occasion.look.as_of
                yield self._told(item, "raised", self._severity(evaluate), evaluate, None)

    def _look(self, item: str, evaluate: Asked) -> Iterator[Told]:
        entry = self.entries.setdefault(item, Entry())
        when = self._when(evaluate)
        due = self._due(evaluate)
        begins = when is True and self._at_levels()
        if entry.raised and (self._ends(when, evaluate) or self._is_over(entry, due)):
            yield from self._end(item, entry, evaluate)
        if not entry.raised and begins and (due is None or due != entry.told_due):
            entry.raised, entry.since, entry.due_on = True, self.occasion.look.as_of, due
        if entry.raised:
            yield from self._send(item, entry, evaluate)

    def _send(self, item: str, entry: Entry, evaluate: Asked) -> Iterator[Told]:
        severity = self._severity(evaluate)
        words = self._words()
        if entry.sent is None:
            if not self.held(item) and not self._cools(entry):
                entry.sent, entry.last_sent, entry.told_due = severity, self.occasion.look.as_of, entry.due_on
                yield self._told(item, "raised", severity, evaluate, entry.due_on)
        elif words.index(severity) < words.index(entry.sent):
            entry.sent = severity
            yield self._told(item, "worse", severity, evaluate, entry.due_on)

    def _end(self, item: str, entry: Entry, evaluate: Asked | None) -> Iterator[Told]:
        if entry.sent is not None:
            yield self._told(item, "cleared", entry.sent, evaluate, entry.due_on)
        entry.raised, entry.sent, entry.due_on = False, None, None

    def _gone(self, item: str) -> Iterator[Told]:
        if self.entries[item].raised:
            yield from self._end(item, self.entries[item], None)

    def _ends(self, when: bool | None, evaluate: Asked) -> bool:
        if not self._at_levels():
            return True
        if "clear" not in self.signal:
            return when is False
        outside = any(self._truth(self._text(key), evaluate) is False for key in ("applies_to", "where"))
        return when is not True and (outside or self._truth(self.signal["clear"], evaluate) is True)

    def _is_over(self, entry: Entry, due: int | None) -> bool:
        """Whether the date that this was raised for is another now or past, or the month of a duty."""
        if self.signal.get("each") == "duty" and _month(entry.since or 0) != _month(self.occasion.look.as_of):
            return True
        if "due_on" not in self.signal:
            return False
        if due is None:
            return entry.sent is None or (entry.due_on is not None and entry.due_on < self.occasion.look.as_of)
        return due != entry.due_on

    def _text(self, key: str) -> str:
        return self.family.applies_to if key == "applies_to" else str(self.signal.get(key, "True"))

    def _when(self, evaluate: Asked) -> bool | None:
        known = True
        for part in self._parts(evaluate):
            if part is False:
                return False
            known = known and part is not None
        return True if known else None

    def _parts(self, evaluate: Asked) -> Iterator[bool | None]:
        """What must hold at once."""
        for key in ("applies_to", "where"):
            yield self._truth(self._text(key), evaluate)
        if "due_on" in self.signal:
            due = self._due(evaluate)
            left = None if due is None else due - self.occasion.look.as_of
            yield None if left is None else 0 <= left <= self.signal.get("lead_days", 0)
        yield self._truth(self._text("when"), evaluate)

    def _truth(self, text: str, evaluate: Asked) -> bool | None:
        value = evaluate(text, self.family.lets)
        assert value is None or isinstance(value, bool), text
        return value

    def _due(self, evaluate: Asked) -> int | None:
        value = evaluate(self.signal["due_on"], self.family.lets) if "due_on" in self.signal else None
        return None if value is None else value.toordinal() - 719_163  # type: ignore[union-attr]  # days since 1970

    def _severity(self, evaluate: Asked) -> str:
        severity = self.signal.get("severity", "medium")
        if isinstance(severity, str):
            return severity
        found = [word for word, text in self._conditions().items() if self._truth(text, evaluate) is True]
        return str([*found, severity["otherwise"]][0])

    def _conditions(self) -> dict[str, str]:
        """The condition of each severity that has one, by its word."""
        severity = self.signal.get("severity", "medium")
        return (
            {} if isinstance(severity, str) else {word: text for word, text in severity.items() if word != "otherwise"}
        )

    def _words(self) -> list[str]:
        severity = self.signal.get("severity", "medium")
        if isinstance(severity, str):
            return [severity]
        return [*(word for word in severity if word != "otherwise"), severity["otherwise"]]

    def _at_levels(self) -> bool:
        named = self.signal.get("for_levels", {}).items()
        return all(self.occasion.levels.get(scheme) in levels for scheme, levels in named)

    def _cools(self, entry: Entry) -> bool:
        since, days = entry.last_sent, self.signal.get("cooldown_days", 0)
        return days > 0 and since is not None and self.occasion.look.as_of < since + days

    def _dated(self) -> bool:
        return "due_on" in self.signal or self.signal.get("each") in ("relative", "duty", "cycle")

    def _told(self, item: str, action: str, severity: str, evaluate: Asked | None, due_on: int | None) -> Told:
        duty = [item] if self.signal.get("each") == "duty" else []
        roles = tuple(dict.fromkeys([*duty, *self.signal.get("roles", [])]))
        said = Said() if evaluate is None else self._said(action, severity, evaluate)
        said = replace(said, advice=self.signal.get("advice"))
        return Told(self.signal["name"], item, action, severity, due_on, roles, said)

    def _said(self, action: str, severity: str, evaluate: Asked) -> Said:
        ended, lets = action == "cleared", self.family.lets
        decided = ("clear",) if ended and "clear" in self.signal else ("due_on", "when")
        texts = [self._text(key) for key in ("applies_to", "where", *decided)]
        because = None if ended else self._conditions().get(severity)
        text = self.signal.get("value")
        value = None if text is None else evaluate(text, self.family.lets)
        assert value is None or isinstance(value, Fraction)
        accounts = self.signal.get("each") == "account"
        read = evaluate.read([*texts, *([] if because is None else [because])], lets, accounts=accounts)
        evidence = read.evidence | {name: evaluate(name, lets) for name in self.signal.get("carry", [])}
        if ended and self._counts_days(texts, dated="due_on" in decided and "due_on" in self.signal):
            evidence["today"] = evaluate.today
        return replace(read, evidence=evidence, value=value and to_cents(value), because=because)

    def _counts_days(self, texts: Sequence[str], *, dated: bool) -> bool:
        """Whether what decided an end depends on the day, as the days before a date do."""
        return dated or any(counts_days(text, self.family.lets) for text in (*texts, self._text("due_on")))


def _month(day: int) -> tuple[int, int]:
    date = date_of(day)
    return date.year, date.month


def _makes(occasion: Occasion, check: str) -> bool:
    look, first = occasion.look, occasion.first_seen
    if check == "anniversary":
        return look.close and first is not None and look.is_anniversary(first)
    return check != "event" and look.close and (check not in CLOSE_MONTHS or look.makes(check, None))
