"""Who is in a consumer group: a look before work that must be done alone."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.ports import LogUnavailable


async def members(bootstrap: str, group: str) -> list[str]:
    """The members of ``group`` at this moment, as client ids with their hosts; empty for a group that is not there.

    Raises ``LogUnavailable`` if the cluster does not answer.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        replies = await admin.describe_consumer_groups([group])
    except (KafkaError, OSError) as error:
        msg = f"Kafka did not answer: {type(error).__name__}: {error}"
        raise LogUnavailable(msg) from error
    finally:
        await admin.close()
    found: list[str] = []
    for reply in replies:
        for described in reply.to_object()["groups"]:
            found += [f"{member['client_id']} at {member['client_host']}" for member in described["members"]]
    return found
