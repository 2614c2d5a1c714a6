"""The ledger against the oracle: all measures, at every event and every close, exactly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.expected import Snapshot, Step, expected
from tests.properties.handlings import handlings
from tests.properties.histories import History, histories
from tests.properties.product import Handling, Product


def wanted(steps: list[Step]) -> list[Snapshot]:
    """The looks that evaluate measures, in order."""
    return [look for step in steps for look in step.looks]


def assert_same_looks(found: list[Snapshot], looked: list[Snapshot]) -> None:
    """Compare look by look, so that a failure names the first measure that differs."""
    assert [look[:2] for look in found] == [look[:2] for look in looked]
    for number, (mine, theirs) in enumerate(zip(found, looked, strict=True)):
        differing = {name: (mine[2][name], value) for name, value in theirs[2].items() if mine[2][name] != value}
        assert not differing, f"look {number} at {theirs[0]} as of day {theirs[1]}: (ledger, oracle) {differing}"


@given(history=histories(), handling=handlings())
def test_every_measure_at_every_look_is_what_whole_history_says(history: History, handling: Handling) -> None:
    steps = expected(history, {}, measures=True)
    product = Product(history, handling)
    product.run(steps)
    assert_same_looks(product.looks, wanted(steps))


@given(history=histories(), handlings=st.tuples(handlings(), handlings()))
def test_stored_bytes_are_a_function_of_the_log_alone(history: History, handlings: tuple[Handling, Handling]) -> None:
    steps = expected(history, {}, measures=False)
    stores = []
    for handling in handlings:
        product = Product(history, handling)
        product.run(steps)
        stores.append((product.ids, product.store))
    assert stores[0] == stores[1]
