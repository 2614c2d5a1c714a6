"""A Kafka broker of one node (KRaft), made for tests: small, quick to start, nothing forgotten by time."""

from __future__ import annotations

import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Final

from deploy.local.jars import java, java_env, kafka_jars
from deploy.local.ports import HOST, exchange, require_free
from deploy.local.process import LocalStackError
from deploy.local.server import LocalServer

START_TIMEOUT_S: Final = 60.0
"""A start takes two seconds; a loaded machine of two cores may need ten times that."""
STOP_TIMEOUT_S: Final = 20.0
"""A clean stop takes about a second; after this it is killed, which its log survives."""
MESSAGE_BYTES_MAX: Final = 9 * 1024 * 1024
"""Largest record batch the broker takes: a record of 8 MiB (``schemas.topics``) with its headers."""

_JVM: Final = (
    "-Xms256m", "-Xmx768m",
    "-XX:+UseSerialGC",  # two cores: pauses of milliseconds, and no collector threads beside the work
    "-XX:TieredStopAtLevel=1",  # it lives for minutes, in most of which the second compiler would be at work on one of two cores
    "-XX:+PerfDisableSharedMem", "-Djava.awt.headless=true",
)  # fmt: skip

_PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
# Topics are made on purpose: one that appears by itself has the wrong partitions and forgets old records.
auto.create.topics.enable=false
num.partitions=8
log.retention.ms=-1
message.max.bytes={message_bytes_max}
replica.fetch.max.bytes={message_bytes_max}
# One node: one copy. Few partitions of the inner topics, for a quick first group and first transaction.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Groups form at once, and tests of silent members may use short sessions.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A killed broker is let in again once its last session ran out: three seconds instead of nine.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# An abandoned transaction is aborted soon after its timeout, a deleted topic's files go soon, compaction runs soon.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
log.segment.delete.delay.ms=1000
log.cleaner.backoff.ms=500
# The cleaner's buffer would take a sixth of the heap, an index file 10 MiB for each of many small partitions.
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
"""


class KafkaServer(LocalServer):
    """A broker in ``folder`` on ``port`` of the loopback address; data outlives stop, kill and start."""

    stop_timeout_s = STOP_TIMEOUT_S

    def __init__(self, folder: Path, port: int, controller_port: int) -> None:
        super().__init__("kafka", folder)
        self.port = port
        self.controller_port = controller_port

    @property
    def address(self) -> str:
        """What clients connect to, ``host:port``: a value for TIERLINE_BROKER."""
        return f"{HOST}:{self.port}"

    @property
    def log_path(self) -> Path:
        """Kafka's own log."""
        return self.folder / "server.log"

    def answers(self) -> bool:
        """Whether the broker takes requests, counts itself in (a broker still starting names none), and keeps groups.

        The first question about a group makes Kafka's topic of groups; whoever asks meanwhile would be refused.
        """
        # Metadata v1, no topics: size, api key 3, version 1, correlation id, client id of 0 characters, 0 topics.
        reply = exchange(self.port, struct.pack(">ihhihi", 14, 3, 1, 1, 0, 0), reply_max=12)
        if len(reply) < 12 or struct.unpack(">iii", reply)[2] < 1:
            return False
        # FindCoordinator v1: header as above with api key 10, a group of 1 character, of type 0; after size, correlation id
        # and throttle time the reply says whether it was an error.
        reply = exchange(self.port, struct.pack(">ihhihhcb", 14, 10, 1, 1, 0, 1, b"g", 0), reply_max=14)
        return len(reply) == 14 and struct.unpack(">iiih", reply)[3] == 0

    @staticmethod
    def prepare() -> tuple[str, Path]:
        """The ``java`` command and the folder of jars that it runs on; raises ``NotInstalled`` if there is none."""
        return java(), kafka_jars()

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers; raises ``LocalStackError``."""
        if self.pid is None:
            require_free(self.port, "Kafka")
            require_free(self.controller_port, "Kafka's controller")
        program, jars = self.prepare()
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        properties.write_text(
            _PROPERTIES.format(
                host=HOST,
                port=self.port,
                controller_port=self.controller_port,
                data=self.folder / "data",
                message_bytes_max=MESSAGE_BYTES_MAX,
            )
        )
        classpath = ["-cp", f"{jars}/*"]
        if not (self.folder / "data" / "meta.properties").exists():
            self._format([program, *classpath, "kafka.tools.StorageTool"], properties)
        logging = [
            f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.properties')}",
            f"-Dkafka.log={self.log_path}",
        ]
        command = [program, *_JVM, *logging, *classpath, "kafka.Kafka", str(properties)]
        self._process.start(command, self.answers, START_TIMEOUT_S, env=java_env())

    def _format(self, storage_tool: list[str], properties: Path) -> None:
        # It may begin with a minus: given apart from its flag, it would be taken for one.
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        formatted = subprocess.run(  # noqa: S603 - the command is ours
            [*storage_tool, "format", f"--cluster-id={cluster_id}", f"--config={properties}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=java_env(),
        )  # fmt: skip
        if formatted.returncode != 0:
            raise LocalStackError(
                f"Kafka could not prepare {self.folder}; is the disk full?\n{formatted.stdout}{formatted.stderr}"
            )
