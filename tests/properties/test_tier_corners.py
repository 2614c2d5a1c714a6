"""Corners of the tier decision, by hand: the product and the oracle must both say what is written here."""

from __future__ import annotations

from tests.oracle.partition import Entry
from tests.properties.bank import Json, at, stamp, txn
from tests.properties.expected import changes, expected
from tests.properties.histories import History
from tests.properties.product import Handling, Product

LEVELS = """
scheme = "cards"
title = "Cards"
source = "the tests"
applies_to = "kind != 'corporate' or not known(kind)"
base = "ordinary"
[[level]]
name = "silver"
enter = "aum >= 500 or inflow_7d >= 5_000"
stay = "aum >= 450"
[[level]]
name = "gold"
enter = "aum >= 1_000"
[[level]]
name = "platinum"
enter = "aum >= 2_000"
[upgrade]
check = "event"
[downgrade]
check = "event"
"""
Move = tuple[str | None, str | None, str]


def moves(rules: str, *records: Json, facts: dict[int, Json] | None = None, after: str | None = None) -> list[Move]:
    """The changes of c1; ``stamped`` in a record is its Kafka timestamp, ``facts[n]`` are told before record n.

    ``after`` are the rules that become active with the first close.
    """
    entries: list[Entry] = []
    for number, record in enumerate(records):
        stamped = stamp(str(record.get("stamped", record["booked_at"])))
        if facts and number in facts:
            entries.append(("facts", {"customer_id": "c1", **facts[number]}, stamped))
        entries.append(("txn", number, stamped, record))
    history = History("Asia/Shanghai", "00:00", entries)
    policies = {"cards.toml": LEVELS + rules}
    renewal = None if after is None else (0, {"cards.toml": after})
    steps = expected(history, policies, measures=False, renewal=renewal)
    product = Product(history, Handling(batches=(2,), cache_bytes=0), policies)
    product.run(steps)
    found: list[Move] = [(change.from_, change.to, change.reason) for change in product.changes]
    assert found == [(change.came_from, change.to, change.reason) for change in changes(steps)]
    assert [change.direction for change in product.changes] == [change.direction for change in changes(steps)]
    return found


PLACED = ("ordinary", "gold", "placement")


def fails_on_the_first(event: Json) -> list[Move]:
    """Gold fails on 1 March under two days of grace; ``event`` comes before the close of the 3rd."""
    return moves("grace_days = 2\n", txn(1, at("2026-03-01"), 100_000), txn(2, at("2026-03-01"), -90_000), event)


def test_an_event_of_the_last_day_of_grace_does_not_take_the_level() -> None:
    assert fails_on_the_first(txn(3, at("2026-03-03", "23:59"), 1)) == [PLACED]


def test_an_event_of_the_day_after_takes_the_level_before_the_close_does() -> None:
    event = txn(3, at("2026-03-04", "00:01"), 1)
    assert fails_on_the_first(event) == [PLACED, ("gold", "ordinary", "event")]


def test_a_close_does_not_raise_for_a_day_behind_an_event_of_the_next() -> None:
    # 500.00 less are booked on the 2nd, then 1,000.00 late on the 1st: gold as of the 1st, silver as of the 2nd
    found = moves(
        "",
        txn(1, at("2026-03-01"), 0),
        txn(2, at("2026-03-02", "00:10"), -50_000),
        txn(3, at("2026-03-01", "23:00"), 100_000, stamped=at("2026-03-02", "00:20")),
        txn(4, at("2026-03-02", "03:00"), 0, customer="c2"),
    )
    assert found == [("ordinary", "silver", "event")]


def test_a_rise_ends_the_grace_of_the_level_below() -> None:
    found = moves(
        "grace_days = 2\n",
        txn(1, at("2026-03-01"), 100_000),
        txn(2, at("2026-03-01"), -1),  # gold fails: until the close of the 3rd
        txn(3, at("2026-03-03"), 100_001),  # platinum
        txn(4, at("2026-03-03", "13:00"), -1),  # platinum fails: until the close of the 5th, not of the 3rd
        txn(5, at("2026-03-04"), 1),  # in time
        txn(6, at("2026-03-06"), 0, customer="c2"),
    )
    assert found == [PLACED, ("gold", "platinum", "event")]


def test_a_fall_stops_at_a_level_that_its_enter_holds() -> None:
    # 6,000.00 came in within seven days: silver holds although its balance is below 450.00
    found = moves("", txn(1, at("2026-03-01"), 600_000), txn(2, at("2026-03-02"), -600_000))
    assert found == [("ordinary", "platinum", "placement"), ("platinum", "silver", "event")]


def test_leaving_the_scope_ends_the_grace_too() -> None:
    found = moves(
        "grace_days = 2\n",
        txn(1, at("2026-03-01"), 100_000),
        txn(2, at("2026-03-01"), -1),
        txn(3, at("2026-03-02"), 1),
        txn(4, at("2026-03-02"), -1),  # after coming back: until the close of the 4th
        txn(5, at("2026-03-04"), 0, customer="c2"),
        txn(6, at("2026-03-05"), 0, customer="c2"),
        facts={2: {"kind": "corporate"}, 3: {"kind": "personal"}},
    )
    assert found == [PLACED, ("gold", None, "scope"), PLACED, ("gold", "silver", "day_close")]


def test_an_unknown_fact_ends_nobody_and_places_nobody() -> None:
    found = moves("", txn(1, at("2026-03-01"), 100_000), txn(2, at("2026-03-02"), 0), facts={1: {"kind": None}})
    assert found == [PLACED]


def word(level: str | None, until: str = "2026-03-09") -> Json:
    return {"override": {"scheme": "cards", "level": level, "until": until, "reason": "a promise", "by": "eve"}}


def test_an_override_that_is_lifted_on_the_day_it_began_ends_at_that_look() -> None:
    found = moves(
        "",
        txn(1, at("2026-03-01"), 100_000),
        txn(2, at("2026-03-02"), 0),
        txn(3, at("2026-03-02", "20:00"), 0),
        facts={1: word("platinum"), 2: word(None)},
    )
    assert found == [PLACED, ("gold", "platinum", "override"), ("platinum", "gold", "override")]


def test_a_second_override_goes_back_to_the_standing_before_the_first() -> None:
    found = moves(
        "",
        txn(1, at("2026-03-01"), 50_000),
        txn(2, at("2026-03-01"), -3_000),  # silver stays at 470.00, where nobody enters it
        txn(3, at("2026-03-03"), 0),
        txn(4, at("2026-03-06"), 0, customer="c2"),
        facts={2: word("ordinary"), 3: word("platinum", "2026-03-04")},
    )
    assert found == [
        ("ordinary", "silver", "placement"),
        ("silver", "ordinary", "override"),
        ("ordinary", "platinum", "override"),
        ("platinum", "silver", "override"),
    ]


def test_a_level_that_is_no_more_is_left_for_the_one_told_and_its_grace_goes_on() -> None:
    rules = "grace_days = 2\n"
    after = (LEVELS + rules).replace('"gold"', '"golden"')
    records = [txn(1, at("2026-03-01"), 100_000), txn(2, at("2026-03-01"), -90_000), txn(3, at("2026-03-06"), 0)]
    retired = f'retired = {{ gold = "golden" }}\n{after}'
    assert moves(rules, *records, after=retired) == [
        PLACED,
        ("gold", "golden", "policy"),
        ("golden", "ordinary", "day_close"),
    ]
    assert moves(rules, *records, after=after) == [PLACED, ("gold", "ordinary", "policy")]


def test_an_opening_makes_its_changes_placements() -> None:
    opening = txn(2, at("2026-03-02"), 0, account="a2", kind="opening", balance_after=200_000)
    found = moves("", txn(1, at("2026-03-01"), 100_000), opening)
    assert found == [PLACED, ("gold", "platinum", "placement")]
