"""Who is in a group, as brokers answer it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams import kafka_groups
from streams.kafka_groups import members
from streams.ports import LogUnavailable

COORDINATOR_LOADING = 14
GROUP_ID_NOT_FOUND = 69


class Admin:
    """Stands where the client's class stands; its broker describes the group as told."""

    def __init__(self, error: int, *members: str) -> None:
        self.error = error
        self.members = members

    def __call__(self, **_: object) -> Admin:
        return self

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to end."""

    async def describe_consumer_groups(self, _groups: list[str]) -> list[SimpleNamespace]:
        told = [{"client_id": name, "client_host": "/10.0.0.1"} for name in self.members]
        return [SimpleNamespace(to_object=lambda: {"groups": [{"error_code": self.error, "members": told}]})]


@pytest.mark.parametrize(
    ("error", "told", "found"), [(0, ["w"], ["w at /10.0.0.1"]), (0, [], []), (GROUP_ID_NOT_FOUND, [], [])]
)
async def test_members_are_those_that_the_coordinator_tells(
    monkeypatch: pytest.MonkeyPatch, error: int, told: list[str], found: list[str]
) -> None:
    monkeypatch.setattr(kafka_groups, "AIOKafkaAdminClient", Admin(error, *told))
    assert await members("localhost:1", "g") == found


async def test_a_coordinator_that_loads_tells_no_members_and_the_group_is_not_taken_for_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kafka_groups, "AIOKafkaAdminClient", Admin(COORDINATOR_LOADING))
    with pytest.raises(LogUnavailable, match=r"the coordinator of g did not tell its members \(error 14\)"):
        await members("localhost:1", "g")
