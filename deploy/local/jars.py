"""The jars of a Kafka broker: fetched once through Maven, kept in the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from deploy.local.process import LocalStackError

KAFKA_VERSION: Final = "4.1.1"
"""The broker that the design was proven on."""
JAVA_MIN: Final = 17
"""The oldest Java that a Kafka 4 broker runs on."""
OWN_SERVERS: Final = (
    "or use servers of your own: set TIERLINE_BROKER (host:port) and TIERLINE_STORE (redis://host:port/0)"
)
"""The way out for whoever cannot or does not want to install anything."""


def java() -> str:
    """The ``java`` command: that of ``JAVA_HOME``, else the first on the path."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else None
    return found or _command("java", f"Java {JAVA_MIN} or newer")


def kafka_jars() -> Path:
    """The folder with the broker's jars, fetched if need be; raises ``LocalStackError`` if that fails."""
    folder = _cache_folder() / f"kafka-{KAFKA_VERSION}"
    if not folder.is_dir():
        maven = _command("mvn", "Maven")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            _fetch(maven, Path(scratch, "jars"))
            _put_in_place(Path(scratch, "jars"), folder)
    return folder


def _command(name: str, title: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise LocalStackError(
            f"{title} is missing: no `{name}` on the path, which the local Kafka needs; install it, {OWN_SERVERS}"
        )
    return found


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tierline"


def _fetch(maven: str, folder: Path) -> None:
    command = [
        maven, "--batch-mode", "--quiet", "--file", str(Path(__file__).with_name("pom.xml")),
        "dependency:copy-dependencies", f"-DoutputDirectory={folder}", f"-Dkafka.version={KAFKA_VERSION}",
    ]  # fmt: skip
    fetched = subprocess.run(  # noqa: S603 - the command is ours
        command, cwd=folder.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if fetched.returncode != 0 or not any(folder.glob("kafka_2.13-*.jar")):
        said = "\n".join(f"    {line}" for line in (fetched.stdout + fetched.stderr).splitlines()[-8:])
        raise LocalStackError(
            f"Maven could not fetch Kafka {KAFKA_VERSION}; is its repository reachable? Try again, {OWN_SERVERS}\n{said}"
        )


def _put_in_place(fetched: Path, folder: Path) -> None:
    """Whole or not at all: a folder that exists is complete, whoever put it there first."""
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
