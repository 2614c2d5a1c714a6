"""What comes next, against living it: booked to the minor unit, closed day by day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import pytest

from agents.days import anniversary_from
from agents.policy.distance import Distance
from agents.tiers import ANNIVERSARY, TierScheme
from agents.whatnext.amounts import Keep, Threat, keep, reach, save
from agents.whatnext.horizon import HORIZON_DAYS
from agents.whatnext.later import Deposit
from agents.whatnext.moves import first_move
from agents.whatnext.outlook import Outlook, outlooks
from schemas.state import Override, Profile, Standing
from tests.unit.ledger.book import day
from tests.unit.policy.making import compiled
from tests.unit.whatnext.life import CALENDARS, DATES, Life, ladder, lived

WHEN = list(zip(DATES, itertools.cycle(CALENDARS), strict=False))
SEEDS = range(5)


def lives(about: str, on: str, zone: tuple[str, str]) -> Iterator[tuple[str, Life]]:
    """Lives up to the morning of ``on``, each with the seed that begins it again."""
    for seed in SEEDS:
        yield f"{about} {seed}", lived(f"{about} {seed}", on, zone)


@pytest.mark.parametrize(("on", "zone"), WHEN)
def test_the_first_move_by_itself_is_the_one_that_is_lived(on: str, zone: tuple[str, str]) -> None:
    for _, life in lives("moves", on, zone):
        found = first_move(life.policies.schemes[0], life.ahead(), life.held(), None)
        moves = life.live({}, day(on) + HORIZON_DAYS + 1)
        assert found == (moves[0] if moves else None)


@pytest.mark.parametrize(("on", "zone"), WHEN)
def test_the_deposit_reaches_the_level_and_a_minor_unit_less_does_not(on: str, zone: tuple[str, str]) -> None:
    found = 0
    for seed, life in lives("reach", on, zone):
        target = life.position() + 1
        for deposit in reach(life.policies.schemes[0], life.ahead(), life.held(), life.policies.vocabulary):
            found += 1
            for amount in (deposit.amount, deposit.amount - 1):
                other = lived(seed, on, zone)
                other.live({deposit.by: amount}, deposit.reached + 1)
                assert (other.position() >= target) == (amount == deposit.amount)
    assert found


@pytest.mark.parametrize(("on", "zone"), WHEN)
def test_the_balance_keeps_the_level_and_a_minor_unit_less_does_not(on: str, zone: tuple[str, str]) -> None:
    last, found = day(on) + HORIZON_DAYS, 0
    for seed, life in lives("keep", on, zone):
        position, held = life.position(), life.held()
        least = keep(life.policies.schemes[0], life.ahead(), held, life.policies.vocabulary)
        life.live({}, day(on) + 1)
        if least is None or life.position() > position:
            continue
        found += 1
        assert life.position() == position
        kept = ladder(life).keeps[position]
        start = max(day(on) + 1, life.standing.falls_on or 0, life.standing.held_until or 0)
        checks = [one for one in range(start, last + 1) if checked(life, held, one)]
        for balance in (least.amount, least.amount - 1):
            other = lived(seed, on, zone)
            other.live({day(on) + 1: balance - other.balance}, last + 1)
            assert all(other.truths[one] & kept for one in checks) == (balance == least.amount)
    assert found


def test_a_level_that_falls_today_is_saved_by_a_deposit_of_today_alone() -> None:
    life = simple(SIMPLE, 80_000)
    words, ahead, scheme = life.policies.vocabulary, life.ahead(), life.policies.schemes[0]
    assert keep(scheme, ahead, Standing(level="high"), words) is None
    today = day("2024-02-10")
    assert save(scheme, ahead, Standing(level="high"), words) == Deposit(10_000, today, today)


def test_a_grace_that_begins_today_lets_an_average_recover() -> None:
    life = simple(SIMPLE.replace("aum", "aum_avg_90d") + "[downgrade]\ngrace_days = 200\n", 95_000)
    words, ahead, scheme = life.policies.vocabulary, life.ahead(), life.policies.schemes[0]
    assert keep(scheme, ahead, Standing(level="high"), words) == Keep("aum", 90_000)
    assert save(scheme, ahead, Standing(level="high"), words) is None


def test_the_saving_deposit_keeps_the_level_through_its_grace() -> None:
    found = 0
    for (on, zone), seed in itertools.product(WHEN, range(8)):
        life = lived(f"save {seed}", on, zone, emptied=True)
        deposit = save(life.policies.schemes[0], life.ahead(), life.held(), life.policies.vocabulary)
        if deposit is None:
            continue
        found += 1
        kept = ladder(life).keeps[life.position()]
        for amount in (deposit.amount, deposit.amount - 1):
            other = lived(f"save {seed}", on, zone, emptied=True)
            other.live({deposit.by: amount}, deposit.reached + 1)
            assert bool(other.truths[deposit.reached] & kept) == (amount == deposit.amount)
    assert found > 3


def test_a_grace_ends_on_the_day_told_as_it_is_lived() -> None:
    fell = 0
    for (on, zone), seed in itertools.product(WHEN, range(8)):
        life = lived(f"grace {seed}", on, zone, emptied=True)
        compiled, held = life.policies.schemes[0], life.held()
        found = outlooks(life.policies, life.ahead(), Profile(standings={"s": held}))["s"]
        began = len(life.recovered)
        moves = life.live({}, day(on) + HORIZON_DAYS + 1)
        by_itself = [one for one in life.recovered[began:] if not moves or one < moves[0][0]]
        if held.falls_on is None:
            assert (found.threat, found.recovers) == (None, None)
            continue
        assert found.recovers == (by_itself[0] if by_itself else None)
        if not by_itself and moves and moves[0][1].direction == "down":
            fell += 1
            assert isinstance(compiled.tiers, TierScheme)
            assert found.threat is not None
            assert found.threat.day == moves[0][0] == compiled.tiers.taken_on(held, day(on) + 1)
    assert fell > 3


FLOWS = """
scheme = "s"
base = "low"
[[level]]
name = "high"
enter = "net_flow_30d > 5_000"
stay = "net_flow_30d > 100"
[downgrade]
check = "day_close"
grace_days = 12
"""


def flowing(*bookings: tuple[str, int]) -> Outlook:
    """The outlook in the morning of 25 January 2024 after these bookings."""
    life = Life(compiled(FLOWS), CALENDARS[0], {day(on): amount for on, amount in bookings}, day("2024-01-25"))
    assert life.held().falls_on == day("2024-02-01")
    return outlooks(life.policies, life.ahead(), Profile(standings={"s": life.held()}))["s"]


def test_what_a_grace_lacks_is_told_as_of_its_last_close() -> None:
    found = flowing(("2024-01-02", 1_000_000), ("2024-01-20", -1_200_000))
    # Today 2,100.00 are missing; on 1 February the 10,000.00 of 2 January are outside the 30 days.
    assert found.threat == Threat(day("2024-02-01"), (Distance("net_flow_30d", Fraction(12_100), strict=True),))
    assert found.recovers is None
    assert found.moves is not None
    assert (found.moves.day, found.moves.move.to) == (day("2024-02-01"), "low")


def test_a_grace_that_ends_by_itself_is_told_so_and_the_fall_is_that_of_the_next_one() -> None:
    found = flowing(("2024-01-01", -500_000), ("2024-01-02", 1_200_000), ("2024-01-20", -800_000))
    assert found.recovers == day("2024-01-31")
    assert found.moves is not None
    assert (found.moves.day, found.moves.move.to) == (day("2024-02-13"), "low")


SIMPLE = """
scheme = "s"
base = "low"
[[level]]
name = "high"
enter = "aum >= 1_000"
stay = "aum >= 900"
"""


def simple(text: str, aum: int) -> Life:
    return Life(compiled(text), CALENDARS[0], {day("2024-01-10"): aum}, day("2024-02-10"))


def test_under_an_override_only_its_end_is_told() -> None:
    life = simple(SIMPLE, 50_000)
    before, until = Standing(level="low", since=1), day("2024-03-05")
    override = Override(level="high", until=until, reason="kept", by="me", since=day("2024-02-01"), before=before)
    profile = Profile(standings={"s": Standing(level="high", since=day("2024-02-01"))}, overrides={"s": override})
    outlook = outlooks(life.policies, life.ahead(), profile)["s"]
    assert (outlook.deposits, outlook.keep, outlook.save) == ((), None, None)
    assert outlook.moves is not None
    assert (outlook.moves.day, outlook.moves.move.to) == (until, "low")
    assert (override.until, profile.standings["s"].level) == (until, "high")  # nothing was moved by looking ahead


def test_a_balance_reaches_and_keeps_its_level_to_the_minor_unit() -> None:
    life = simple(SIMPLE, 99_999)
    words, ahead, scheme = life.policies.vocabulary, life.ahead(), life.policies.schemes[0]
    assert [one.amount for one in reach(scheme, ahead, Standing(level="low"), words)] == [1]
    assert keep(scheme, ahead, Standing(level="high"), words) == Keep("aum", 90_000)
    assert keep(scheme, ahead, Standing(level="low"), words) is None
    assert reach(scheme, ahead, Standing(level="high"), words) == ()


@pytest.mark.parametrize(
    ("on", "told"),
    [("2024-01-09", [100_000, 900_000]), ("2024-01-10", [100_000, 1_000_000]), ("2024-01-11", [100_000])],
)
def test_the_least_deposit_comes_first_and_one_of_more_than_ten_times_as_much_is_not_told(
    on: str, told: list[int]
) -> None:
    text = 'scheme = "s"\nbase = "low"\n[[level]]\nname = "high"\nenter = "aum_avg_mtd >= 1_000"\n[upgrade]\ncheck = "day_close"\n'
    life = Life(compiled(text), CALENDARS[0], {day("2023-12-05"): 100, day("2023-12-06"): -100}, day(on))
    found = reach(life.policies.schemes[0], life.ahead(), Standing(level="low"), life.policies.vocabulary)
    assert [one.amount for one in found] == told
    assert {one.by for one in found} == {day(on)}


def test_no_deposit_beyond_all_sense_is_told_of_a_level_that_comes_by_itself_soon() -> None:
    text = 'scheme = "s"\nbase = "low"\n[[level]]\nname = "high"\nenter = "aum_avg_90d >= 900_000"\n[upgrade]\ncheck = "day_close"\n'
    life = Life(compiled(text), CALENDARS[0], {day("2023-11-10"): 100_000_000}, day("2024-01-10"))
    found = outlooks(life.policies, life.ahead(), Profile(standings={"s": Standing(level="low")}))["s"]
    assert found.moves is not None
    assert found.moves.day == day("2024-01-29")
    (deposit,) = found.deposits
    assert (deposit.amount, deposit.reached) == (
        5_263_158,
        day("2024-01-28"),
    )  # 900,000 x 90 = 1,000,000 x 80 + 19 x 52,631.58


@pytest.mark.parametrize(
    "enter",
    [
        "aum >= 1_000 and kind == 'personal'",
        "aum >= 1_000 and wealth_share >= 0",
        "aum - 0.5 * deposits >= 1_000",
        "1_000 <= aum < 2_000",
        "not aum < 1_000",
    ],
)
def test_where_money_alone_does_not_lead_there_no_amount_is_told(enter: str) -> None:
    life = simple(f'scheme = "s"\nbase = "low"\n[[level]]\nname = "high"\nenter = "{enter}"\n', 10)
    assert reach(life.policies.schemes[0], life.ahead(), Standing(level="low"), life.policies.vocabulary) == ()


def test_a_class_is_left_on_the_day_its_condition_fails() -> None:
    life = simple(
        'scheme = "s"\nbase = "late"\ncheck = "day_close"\n[[class]]\nname = "new"\nwhen = "days_since_txn <= 60"\n', 10
    )
    moved = outlooks(life.policies, life.ahead(), Profile(standings={"s": life.held()}))["s"].moves
    assert moved is not None
    assert (moved.day, moved.move.to, moved.move.direction) == (day("2024-01-10") + 61, "late", "across")


def checked(life: Life, held: Standing, one: int) -> bool:
    """Whether the close of a day makes the downgrade check."""
    tiers = life.tiers
    assert isinstance(tiers, TierScheme)
    if tiers.downgrade_check == ANNIVERSARY:
        return anniversary_from(held.since, one) == one
    return life.book.calendar.close_kind(one) >= tiers.downgrade_check
