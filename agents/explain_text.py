"""An explanation in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from agents.explain import Explanation, Figure, Gap, SchemeView
from schemas.measures import measure_named


def told(explanation: Explanation, *, all_measures: bool) -> Iterator[str]:
    """The lines about one customer; ``all_measures`` lists every measure instead of those behind the standings."""
    as_of = f"as of {explanation.as_of}" if explanation.as_of else "before the first record of its partition"
    version = explanation.policy_version or "none yet"
    yield f"{explanation.customer_id}, {as_of} (partition {explanation.partition}, policies {version})"
    for name, view in explanation.schemes.items():
        yield ""
        yield f"  {name}" + (f": {view.title}" if view.title else "")
        yield from (f"    {line}" for line in _scheme(view))
    if all_measures:
        names = list(explanation.measures)
    else:
        names = list(dict.fromkeys(name for view in explanation.schemes.values() for name in view.evidence))
    if explanation.sources:
        yield ""
        yield f"  facts told by {', '.join(f'{name} up to {day}' for name, day in explanation.sources.items())}"
    yield ""
    yield "  measures" if all_measures else "  measures behind it (--measures shows all)"
    width = max((len(name) for name in names), default=0)
    for name in names:
        yield f"    {name:<{width}}  {amount(explanation.measures[name], _type(name))}"


def amount(value: Figure, type_: str) -> str:
    """A value for people: money with two decimals and thousands apart."""
    if value is None:
        return "unknown"
    if isinstance(value, str | bool):
        return str(value)
    return f"{value:,.2f}" if type_ == "money" else f"{value:,}"


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
        yield (
            f"grace: failing since {view.failing_since}, falls at the close of {view.falls_on}{_unless(view.saving)}"
        )
    elif view.margin:
        yield f"falls when {' or '.join(_margin(gap) for gap in view.margin)}"
    if not view.classes:
        yield _next(view)


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
        f"{name} {amount(_plain(value), _type(name))}"
        for name, value in view.evidence.items()
        if view.stay_condition is not None and name in view.stay_condition
    )


def _type(name: str) -> str:
    measure = measure_named(name)
    return "" if measure is None else measure.type


def _plain(value: Figure) -> Figure:
    """Evidence of money keeps every digit as text; here two decimals do."""
    if isinstance(value, str):
        try:
            return float(Fraction(value))
        except ValueError:
            return value
    return value


def _unless(saving: Sequence[Gap] | None) -> str:
    return f" unless {' and '.join(map(_missing, saving))} comes in" if saving else ""


def _missing(gap: Gap) -> str:
    return f"{'more than ' if gap.strict else ''}{gap.amount:,.2f} of {gap.measure}"


def _margin(gap: Gap) -> str:
    return f"{gap.measure} loses {'' if gap.strict else 'more than '}{gap.amount:,.2f}"
