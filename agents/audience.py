"""Who is in a level or class of a scheme: read from the store, streamed, whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Final, NamedTuple

from agents.census import OUTSIDE
from agents.days import iso
from agents.policy.compile import compile_policies
from agents.policy.compiled import CompiledScheme
from agents.policy.mistakes import did_you_mean
from agents.tiers import TierScheme
from agents.walk import Ground, WalkedStore, walk
from schemas.journal import PolicyActivated
from schemas.mistakes import Mistake
from schemas.state import Profile, Standing
from streams.rows import Vocabulary

Progress = Callable[[int, int], None]
"""Called with the number of customers looked at so far and of all there are."""


class Member(NamedTuple):
    """A customer in a level or class; an empty text where something is not known. Dates are ISO.

    ``falls_on`` is the close that takes the level unless ``stay`` holds again, ``held_until`` the last day of a hold.
    """

    customer_id: str
    level: str
    since: str
    falls_on: str
    held_until: str
    owner_id: str
    initial_owner_id: str
    branch_id: str


HEADER: Final = Member._fields
"""Columns of an export, in order."""


def places_of(policies: Mapping[str, PolicyActivated]) -> dict[str, Sequence[str]]:
    """Levels and classes by scheme, base first, in the versions that are active."""
    places: dict[str, dict[str, None]] = {}
    for policy in policies.values():
        for compiled in _compiled(policy):
            places.setdefault(compiled.tiers.name, {}).update(dict.fromkeys(compiled.tiers.positions))
    return {scheme: tuple(levels) for scheme, levels in places.items()}


def check_place(places: Mapping[str, Sequence[str]], scheme: str, level: str | None) -> None:
    """``Mistake`` with the nearest names if there is no such scheme, or no such level in it."""
    if not places:
        msg = "no policies are active in the store yet: run a worker first"
        raise Mistake(msg)
    if scheme not in places:
        raise Mistake(_unknown("scheme", scheme, places))
    if level is not None and level not in places[scheme]:
        raise Mistake(_unknown(f"level or class of {scheme}", level, places[scheme]))


async def members(
    store: WalkedStore, ground: Ground, scheme: str, level: str, progress: Progress
) -> AsyncIterator[list[Member]]:
    """Who stands at ``level`` of ``scheme``, in parts as they are met."""
    rules = _newest(ground.policies, scheme)
    open_day = min((state.open_day or 0 for state in ground.states.values()), default=0)
    async for chunk in walk(store, ground):
        progress(chunk.done, chunk.total)
        found = []
        for customer_id, profile in chunk.customers:
            standing = profile.standings.get(scheme)
            if standing is not None and standing.level == level:
                found.append(_member(customer_id, profile, standing, rules, open_day))
        if found:
            yield found


async def counts(store: WalkedStore, ground: Ground, scheme: str, progress: Progress) -> Counter[str]:
    """Customers by level of ``scheme``; ``OUTSIDE`` are those out of scope or not placed yet."""
    found: Counter[str] = Counter()
    async for chunk in walk(store, ground):
        progress(chunk.done, chunk.total)
        for _, profile in chunk.customers:
            standing = profile.standings.get(scheme)
            found[OUTSIDE if standing is None or standing.level is None else standing.level] += 1
    return found


def _newest(policies: Mapping[str, PolicyActivated], scheme: str) -> TierScheme | None:
    """The rules of a scheme of levels, in the last of the versions that are active; None of classes."""
    found = [_compiled(policy) for policy in policies.values()]
    tiers = [one.tiers for schemes in found for one in schemes if one.tiers.name == scheme]
    return next((one for one in reversed(tiers) if isinstance(one, TierScheme)), None)


def _compiled(policy: PolicyActivated) -> Sequence[CompiledScheme]:
    return compile_policies(policy.files, Vocabulary()).schemes


def _member(customer_id: str, profile: Profile, standing: Standing, rules: TierScheme | None, open_day: int) -> Member:
    return Member(
        customer_id=customer_id,
        level=standing.level or "",
        since=iso(standing.since),
        falls_on=_date(None if rules is None else rules.taken_on(standing, open_day)),
        held_until=_date(standing.held_until),
        owner_id=profile.text("owner_id") or "",
        initial_owner_id=profile.text("initial_owner_id") or "",
        branch_id=profile.text("branch_id") or "",
    )


def _date(day: int | None) -> str:
    return "" if day is None else iso(day)


def _unknown(what: str, name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    hint = did_you_mean(name, known)
    return f"{name!r} is no {what}; expected one of {', '.join(known)}" + (f": {hint}" if hint else "")
