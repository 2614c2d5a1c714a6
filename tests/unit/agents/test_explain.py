from __future__ import annotations

import asyncio
import datetime as dt
import threading
from typing import Any

import msgspec
import pytest

from agents.census import OUTSIDE, census
from agents.explain import Explainer, Explanation, Gap, SchemeView
from agents.explain_next import DepositView, KeepView, NextView
from agents.explain_text import told
from agents.store_look import partitions_of
from agents.whatnext.horizon import Horizon, horizon
from schemas.measures import MEASURES
from schemas.state import Standing
from streams.calendar import number_of
from tests.unit.agents.held import POLICIES, HeldStore

TODAY = number_of(dt.date(2025, 1, 2))


@pytest.fixture
def store() -> HeldStore:
    store = HeldStore()
    store.hold(1, offset=5, open_day=TODAY, policies=POLICIES)
    return store


async def explained(store: HeldStore, customer: str = "c-1") -> Explanation:
    found = await Explainer(store, 3).explain(customer)
    assert found is not None
    return found


async def test_a_customer_is_found_in_whichever_partition_it_lives(store: HeldStore) -> None:
    store.hold(0, open_day=TODAY, policies=POLICIES)
    store.put(1, "c-1", [{}], TODAY)
    assert (await explained(store)).partition == 1
    assert await Explainer(store, 3).explain("c-2") is None


async def test_answers_are_made_one_at_a_time_beside_the_loop(
    store: HeldStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for customer, amount in (("c-1", 100_00), ("c-2", 200_00), ("c-3", 300_00)):
        store.put(1, customer, [{"amount": amount}], TODAY)
    made_in: list[int] = []
    inside: list[None] = []

    def ahead(*given: Any) -> Horizon:
        made_in.append(threading.get_ident())
        inside.append(None)
        found = horizon(*given)
        assert len(inside) == 1
        inside.clear()
        return found

    monkeypatch.setattr("agents.explain.horizon", ahead)
    explainer = Explainer(store, 3)
    found = await asyncio.gather(*[explainer.explain(f"c-{number}") for number in (1, 2, 3)])
    assert [one.measures["aum"] for one in found if one is not None] == [100, 200, 300]
    assert len(made_in) == 3
    assert threading.get_ident() not in made_in


async def test_measures_are_told_by_name_in_major_units(store: HeldStore) -> None:
    store.put(1, "c-1", [{"amount": 100_50}], TODAY)
    measures = (await explained(store)).measures
    assert list(measures)[: len(MEASURES)] == list(MEASURES)  # then labels and tags that the policies read
    assert measures["aum"] == 100.5
    assert measures["deposits_avg_30d"] == pytest.approx(100.5 / 30)
    assert measures["txn_count_7d"] == 1
    assert measures["days_since_activity"] is None
    assert measures["kind"] == "personal"
    assert measures["birth_date"] is None


async def test_a_level_tells_since_when_what_keeps_it_and_what_leads_on(store: HeldStore) -> None:
    standing = Standing(level="gold", since=TODAY, checked_on=TODAY)
    store.put(1, "c-1", [{"amount": 150_000_00}], TODAY, {"abc_card": standing})
    found = await explained(store)
    card = found.schemes["abc_card"]
    assert (found.as_of, card.level, card.since, card.level_title) == ("2025-01-02", "gold", "2025-01-02", "Gold card")
    assert card.missing == [Gap(measure="aum", amount=850_000, strict=False)]
    assert card.margin == [Gap(measure="aum", amount=55_000, strict=False)]
    assert card.evidence["aum"] == 150_000
    assert card.falls_on is None
    words = "\n".join(told(found, all_measures=False))
    assert "gold (Gold card) since 2025-01-02" in words
    assert "kept while  aum >= 95_000  with aum 150,000.00" in words
    assert "falls when aum loses more than 55,000.00" in words
    assert "next is platinum: aum >= 1_000_000; missing 850,000.00 of aum" in words


async def test_a_grace_tells_its_end_and_what_saves_the_level(store: HeldStore) -> None:
    standing = Standing(level="gold", since=TODAY - 40, failing_since=TODAY - 1, falls_on=TODAY + 29)
    store.put(1, "c-1", [{"amount": 80_000_00}], TODAY, {"abc_card": standing})
    found = await explained(store)
    card = found.schemes["abc_card"]
    assert (card.failing_since, card.falls_on) == ("2025-01-01", "2025-01-31")
    assert card.saving == [Gap(measure="aum", amount=15_000, strict=False)]
    words = "\n".join(told(found, all_measures=False))
    assert "failing since 2025-01-01, falls at the close of 2025-01-31 unless 15,000.00 comes in by 2025-01-31" in words
    assert card.next.save == DepositView(amount=15_000, by="2025-01-31", reached="2025-01-31")
    assert (card.next.falls_on_if_nothing, card.next.to) == ("2025-01-31", "ordinary")
    assert "falls to ordinary on 2025-01-31 if nothing happens" in words


@pytest.mark.parametrize(
    ("saving", "following", "told_so"),
    [
        (
            [Gap(measure="net_flow_90d", amount=11_482.68, strict=True)],
            NextView(falls_on_if_nothing="2025-03-31", to="saver"),
            ", falls at the close of 2025-03-31 unless more than 11,482.68 of net_flow_90d comes in by then",
        ),
        (
            None,
            NextView(falls_on_if_nothing="2025-03-31", to="saver"),
            ", falls at the close of 2025-03-31 unless that holds again by then",
        ),
        (
            [],
            NextView(recovers_on="2025-03-05", falls_on_if_nothing="2025-08-09", to="saver"),
            ", holds again at the close of 2025-03-05 if nothing happens",
        ),
        (None, NextView(rises_on="2025-03-05", to="top"), ""),
    ],
)
def test_a_grace_is_told_to_end_as_it_does_if_nothing_happens(
    saving: list[Gap] | None, following: NextView, told_so: str
) -> None:
    view = SchemeView(
        title=None,
        level="gold",
        since="2025-01-01",
        failing_since="2025-02-01",
        falls_on="2025-03-31",
        saving=saving,
        next=following,
    )
    found = Explanation(
        customer_id="c", as_of="2025-02-02", partition=0, policy_version="v", measures={}, schemes={"s": view}
    )
    words = [line.strip() for line in told(found, all_measures=False)]
    assert f"grace: failing since 2025-02-01{told_so}" in words


async def test_the_highest_level_and_the_base_say_so(store: HeldStore) -> None:
    standings = {
        "abc_card": Standing(level="diamond", since=TODAY),
        "private_bank": Standing(level="ordinary", since=TODAY),
    }
    store.put(1, "c-1", [{"amount": 6_000_000_00}], TODAY, standings)
    words = "\n".join(told(await explained(store), all_measures=False))
    assert "nothing above it" in words
    assert "ordinary (the base) since 2025-01-02" in words


async def test_a_customer_outside_a_scheme_is_told_why(store: HeldStore) -> None:
    store.put(1, "c-1", [{}], TODAY, facts={"kind": "corporate"})
    found = await explained(store)
    assert found.schemes["abc_card"].level is None
    assert found.schemes["abc_card"].note == "outside: kind == 'personal' does not hold"
    brief = "\n".join(told(found, all_measures=False))
    assert "more schemes do not mean this customer (--all shows them)" in brief
    assert "abc_card" not in brief
    assert "outside: kind == 'personal' does not hold" in "\n".join(told(found, all_measures=False, all_schemes=True))


async def test_the_standings_that_matter_are_told_first_and_the_base_in_one_line(store: HeldStore) -> None:
    standings = {
        "abc_card": Standing(level="ordinary", since=TODAY),
        "preferred_rewards": Standing(level="gold", since=TODAY, held_until=TODAY + 300),
    }
    store.put(1, "c-1", [{"amount": 20_000_00}], TODAY, standings)
    found = await explained(store)
    lines = list(told(found, all_measures=False))
    base = (
        "  abc_card           ordinary (the base) since 2025-01-02; deposit 80,000.00 by 2025-01-02 and gold is reached"
    )
    titled = next(place for place, line in enumerate(lines) if line.startswith("  preferred_rewards: "))
    assert titled < lines.index(next(line for line in lines if line.split()[:1] == ["abc_card"]))
    assert any(" ".join(line.split()) == " ".join(base.split()) for line in lines)
    assert list(told(found, all_measures=False, all_schemes=True)) != lines


async def test_of_two_deposits_the_line_of_a_scheme_tells_the_least(store: HeldStore) -> None:
    store.put(1, "c-1", [{"amount": 10_000_00}], TODAY)
    found = await explained(store)
    view = found.schemes["preferred_rewards"]
    assert [deposit.amount for deposit in view.next.deposit] == [10_000, 51_333.34]
    (line,) = [line for line in told(found, all_measures=False) if line.split()[:1] == ["preferred_rewards"]]
    assert line.endswith(
        "not placed yet; deposit 10,000.00 by 2025-01-02 and gold is reached at the close of 2025-04-30"
    )


@pytest.mark.parametrize(
    ("comes", "words"),
    [
        ({"rises_on": "2025-03-31", "to": "gold"}, "rises to gold on 2025-03-31 if nothing happens"),
        ({"moves_on": "2025-03-31", "to": "gold"}, "becomes gold on 2025-03-31 if nothing happens"),
        ({"falls_on_if_nothing": "2025-03-31"}, "leaves the scheme on 2025-03-31 if nothing happens"),
    ],
)
def test_what_comes_by_itself_is_told_in_the_line_of_a_scheme_before_any_deposit(
    comes: dict[str, str], words: str
) -> None:
    deposits = [DepositView(amount=1, by="2025-01-02", reached=day) for day in ("2025-04-30", "2025-01-31")]
    following = msgspec.structs.replace(NextView(deposit=deposits), **comes)
    view = SchemeView(title=None, level="base", since="2025-01-01", at_base=True, next_level="gold", next=following)
    found = Explanation(
        customer_id="c", as_of="2025-01-02", partition=0, policy_version="v", measures={}, schemes={"s": view}
    )
    assert f"  s  base (the base) since 2025-01-01; {words}" in list(told(found, all_measures=False))


async def test_what_comes_next_is_told_as_amounts_and_dates(store: HeldStore) -> None:
    standings = {"preferred_rewards": Standing(level="gold", since=TODAY - 400, checked_on=TODAY - 400)}
    store.put(1, "c-1", [{"amount": 30_000_00, "booked_at": "2024-08-02T10:00:00+08:00"}], TODAY, standings)
    found = await explained(store)
    coming = found.schemes["preferred_rewards"].next
    words = "\n".join(told(found, all_measures=False))
    assert coming.keep == KeepView(measure="aum", amount=20_000)
    assert "keep at least 20,000.00 of aum to stay" in words


async def test_where_nothing_is_behind_the_standings_that_is_said(store: HeldStore) -> None:
    store.put(1, "c-1", [{"amount": 1}], TODAY, {"abc_card": Standing(level="ordinary", since=TODAY)})
    lines = list(told(await explained(store), all_measures=False))
    assert lines[-1] == "  no standing above a base: no measures are behind one (--measures shows all)"


async def test_a_customer_not_placed_yet_is_told_so(store: HeldStore) -> None:
    store.put(1, "c-1", [{}], TODAY)
    assert (await explained(store)).schemes["abc_card"].note == "not placed yet"


async def test_before_the_first_record_there_is_nothing_to_measure(store: HeldStore) -> None:
    store.hold(2, policies=POLICIES)
    store.put(2, "c-9", [], TODAY)
    found = await explained(store, "c-9")
    assert (found.as_of, found.measures, found.schemes) == (None, {}, {})
    assert "before the first record" in next(told(found, all_measures=False))


async def test_all_measures_are_told_on_request(store: HeldStore) -> None:
    store.put(1, "c-1", [{}], TODAY)
    lines = list(told(await explained(store), all_measures=True))
    assert len([line for line in lines if line.startswith("    ") and line.split()[0] in MEASURES]) == len(MEASURES)
    assert any(line.split() == ["days_since_activity", "unknown"] for line in lines)


async def test_an_explanation_is_one_json_object_with_the_names_of_the_contract(store: HeldStore) -> None:
    store.put(1, "c-1", [{}], TODAY, {"abc_card": Standing(level="ordinary", since=TODAY)})
    line = msgspec.json.decode(msgspec.json.encode(await explained(store)))
    assert {"customer_id", "as_of", "measures", "schemes"} <= line.keys()
    assert {"level", "since"} <= line["schemes"]["abc_card"].keys()


async def test_a_census_counts_every_customer_once_a_scheme(store: HeldStore) -> None:
    store.put(1, "c-1", [{}], TODAY, {"abc_card": Standing(level="gold", since=TODAY)})
    store.put(1, "c-2", [{}], TODAY, {"abc_card": Standing(level=None, since=TODAY)})
    store.put(2, "c-3", [{}], TODAY)
    assert await census(store, 3, ["abc_card"]) == {"abc_card": {}}, "partitions that no worker committed count nobody"
    for partition, customers in ((1, 2), (2, 1)):
        store.hold(partition, open_day=TODAY, customers=customers)
    assert await census(store, 3, ["abc_card"]) == {"abc_card": {"gold": 1, OUTSIDE: 2}}


async def test_the_number_of_partitions_is_told_by_any_that_was_committed(store: HeldStore) -> None:
    assert await partitions_of(store) == 3
    assert await partitions_of(HeldStore()) == 0
