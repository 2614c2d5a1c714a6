"""An explanation in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agents.explain import OUTSIDE, Explanation, Gap, SchemeView
from agents.figures import figure, money
from agents.raised import SignalView


def told(explanation: Explanation, *, all_measures: bool, all_schemes: bool = False) -> Iterator[str]:
    """The lines about one customer, first those schemes in which there is something to tell.

    ``all_measures`` lists every measure instead of those behind the standings told; ``all_schemes`` tells every scheme in
    full, those too that do not mean the customer.
    """
    as_of = f"as of {explanation.as_of}" if explanation.as_of else "before the first record of its partition"
    version = explanation.policy_version or "none yet"
    yield f"{explanation.customer_id}, {as_of} (partition {explanation.partition}, policies {version})"
    yield "  dates are business days: what a close of one decides takes effect when the next one begins"
    full, brief, outside = _sorted(explanation.schemes)
    if all_schemes:
        full, brief, outside = explanation.schemes, {}, 0
    for name, view in full.items():
        yield ""
        yield f"  {name}" + (f": {view.title}" if view.title else "")
        yield from (f"    {line}" for line in _scheme(view))
    if brief:
        yield ""
        width = max(map(len, brief))
        yield from (f"  {name:<{width}}  {_brief(view)}" for name, view in brief.items())
    if outside:
        yield ""
        yield f"  {outside} more {'scheme does' if outside == 1 else 'schemes do'} not mean this customer (--all shows them)"
    if explanation.signals:
        yield ""
        for raised in explanation.signals:
            yield from (f"  {line}" for line in _signal(raised))
    if explanation.sources:
        yield ""
        yield f"  facts told by {', '.join(f'{name} up to {day}' for name, day in explanation.sources.items())}"
    names = list(explanation.measures if all_measures else _behind(full))
    yield from _measures(
        explanation, names, "measures" if all_measures else "measures behind it (--measures shows all)"
    )


def _behind(schemes: Mapping[str, SchemeView]) -> dict[str, None]:
    """The measures behind standings, each once."""
    return dict.fromkeys(name for view in schemes.values() for name in view.evidence)


def _measures(explanation: Explanation, names: Sequence[str], title: str) -> Iterator[str]:
    if not explanation.measures:
        return
    yield ""
    yield f"  {title}" if names else "  no standing above a base: no measures are behind one (--measures shows all)"
    width = max(map(len, names), default=0)
    yield from (f"    {name:<{width}}  {figure(name, explanation.measures[name])}" for name in names)


def _sorted(schemes: Mapping[str, SchemeView]) -> tuple[dict[str, SchemeView], dict[str, SchemeView], int]:
    """The schemes to tell in full, those of which a line is enough, and how many do not mean the customer."""
    full: dict[str, SchemeView] = {}
    brief: dict[str, SchemeView] = {}
    outside = 0
    for name, view in sorted(schemes.items(), key=lambda item: not item[1].primary):
        if view.level is None and (view.note or "").startswith(OUTSIDE):
            outside += 1
        elif view.level is None or (view.at_base and not view.near and view.override is None):
            brief[name] = view
        else:
            full[name] = view
    return full, brief, outside


def _signal(view: SignalView) -> Iterator[str]:
    about = f" ({view.about})" if view.about else ""
    due = f", due on {view.due_on}" if view.due_on else ""
    title = f": {view.title}" if view.title else ""
    yield f"alert {view.signal}{about}: {view.severity or 'held back'} since {view.since}{due}{title}"
    if view.condition:
        yield f"    raised when  {view.condition}"
    if view.evidence:
        yield f"    figures now  {', '.join(f'{name} {figure(name, value)}' for name, value in view.evidence.items())}"
    if view.value_at_stake is not None:
        yield f"    at stake     {money(view.value_at_stake)}"
    if view.advice is not None:
        yield f"    advice       {', '.join([*view.roles]) or 'nobody named'}: {view.advice}"


def _brief(view: SchemeView) -> str:
    if view.level is None:
        standing = view.note or "not placed yet"
    else:
        standing = f"{view.level} (the base) since {view.since}"
    lines, following = list(next_lines(view)), view.next
    moves = following.rises_on or following.moves_on or following.falls_on_if_nothing
    # What comes by itself is told last; of deposits the least first.
    return "; ".join([standing, *(lines[-1:] if moves else lines[:1])])


def _scheme(view: SchemeView) -> Iterator[str]:
    if view.level is None:
        yield view.note or "not placed yet"
        return
    title = f" ({view.level_title})" if view.level_title else ""
    reasons = f", because {' and '.join(view.reasons)}" if view.reasons else ""
    base = " (the base)" if view.at_base else ""
    yield f"{view.level}{title}{base} since {view.since}{reasons}"
    if view.override is not None:
        yield f"held by an {view.override}"
    if view.roles:
        yield f"looked after by {', '.join(view.roles)}"
    if view.axes:
        yield ", ".join(f"{axis} {level}" for axis, level in view.axes.items())
    if view.held_until is not None:
        yield f"held through the close of {view.held_until}"
    if view.stay_condition is not None:
        yield f"kept while  {view.stay_condition}  with {_read(view)}"
    if view.falls_on is not None:
        yield f"grace: failing since {view.failing_since}{_ending(view)}"
    elif view.margin:
        yield f"falls when {' or '.join(_margin(gap) for gap in view.margin)}"
    if not view.classes:
        yield _next(view)
    yield from next_lines(view)


def next_lines(view: SchemeView) -> Iterator[str]:
    """What may be done, and what comes if nothing is."""
    following = view.next
    for deposit in following.deposit:
        later = "" if deposit.reached == deposit.by else f" at the close of {deposit.reached}"
        yield f"deposit {deposit.amount:,.2f} by {deposit.by} and {view.next_level} is reached{later}"
    if following.save is not None and view.falls_on is None:
        yield f"deposit {following.save.amount:,.2f} by {following.save.by} and {view.level} is kept"
    if following.keep is not None:
        yield f"keep at least {following.keep.amount:,.2f} of {following.keep.measure} to stay"
    placed = following.rises_on or following.moves_on
    if view.level is None and placed is not None:
        yield f"comes to {following.to} on {placed} if nothing happens"
    elif following.rises_on is not None:
        yield f"rises to {following.to} on {following.rises_on} if nothing happens"
    elif following.moves_on is not None:
        yield f"becomes {following.to} on {following.moves_on} if nothing happens"
    elif following.falls_on_if_nothing is not None:
        to = "leaves the scheme" if following.to is None else f"falls to {following.to}"
        yield f"{to} on {following.falls_on_if_nothing} if nothing happens"


def _next(view: SchemeView) -> str:
    if view.next_level is None:
        return "nothing above it"
    following = f"next is {view.next_level}: {view.next_condition}"
    if view.missing is None:
        return f"{following} (more than money is missing)"
    if view.missing:
        near = " (near)" if view.near else ""
        return f"{following}; missing {' and '.join(map(_missing, view.missing))}{near}"
    return f"{following} holds; rises at its next check"


def _read(view: SchemeView) -> str:
    return ", ".join(
        f"{name} {figure(name, value)}"
        for name, value in view.evidence.items()
        if view.stay_condition is not None and name in view.stay_condition
    )


def _ending(view: SchemeView) -> str:
    """How a grace ends: the same as what comes if nothing happens says."""
    following = view.next
    if following.recovers_on is not None:
        return f", holds again at the close of {following.recovers_on} if nothing happens"
    if following.rises_on is not None:
        return ""
    return f", falls at the close of {view.falls_on}{_unless(view)}"


def _unless(view: SchemeView) -> str:
    saving = view.next.save
    if saving is not None:
        return f" unless {saving.amount:,.2f} comes in by {saving.by}"
    if view.saving:
        return f" unless {' and '.join(map(_missing, view.saving))} comes in by then"
    return " unless that holds again by then"


def _missing(gap: Gap) -> str:
    return f"{'more than ' if gap.strict else ''}{gap.amount:,.2f} of {gap.measure}"


def _margin(gap: Gap) -> str:
    return f"{gap.measure} loses {'' if gap.strict else 'more than '}{gap.amount:,.2f}"
