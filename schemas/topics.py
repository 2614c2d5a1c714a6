"""The topics of the contract, and how the broker must keep them."""

from __future__ import annotations

from typing import Final, NamedTuple

MIB: Final = 1024 * 1024


class Topic(NamedTuple):
    """A topic by its contract's name (without prefix); ``message_bytes_max`` is its ``max.message.bytes``."""

    name: str
    direction: str
    message_bytes_max: int


TOPICS: Final = (
    # A record that is too large must reach the worker, to become a dead letter that says so.
    Topic("transactions", "in", 6 * MIB),
    Topic("customers", "in", MIB),
    Topic("interactions", "in", MIB),
    Topic("tier-changes", "out", MIB),
    Topic("alerts", "out", MIB),
    # An entry may hold all policy files of a bank.
    Topic("journal", "out", 4 * MIB),
    # Whatever came in, with the headers that tell what was wrong with it.
    Topic("dead-letters", "out", 8 * MIB),
)
"""All have the same number of partitions, fixed once used, and are keyed by customer."""

RETENTION: Final = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
"""Kept for ever unless the bank says otherwise: by default a broker forgets records stamped in the past within minutes,
and the journal must be kept, whole, at least as long as the transactions."""


FUTURE_SETTING: Final = "message.timestamp.after.max.ms"
"""The broker's own bound on timestamps ahead of its clock: such a record would close days that are not over, or be news of
days to come."""

FUTURE_MS: Final = 3_600_000
"""What topics made here allow: an hour, as brokers do by default since Kafka 4."""

FUTURE_MS_MAX: Final = 86_400_000
"""What a worker bears: with more than a day, one wrong clock closes the days of all customers."""


def topic_config(topic: Topic) -> dict[str, str]:
    """The broker's settings of a topic, as its admin interface takes them."""
    return {**RETENTION, "max.message.bytes": str(topic.message_bytes_max), FUTURE_SETTING: str(FUTURE_MS)}
