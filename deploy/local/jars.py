"""What a Kafka broker runs on: a Java that is new enough, and its jars, fetched once through Maven into the user's cache."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
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
"""The way out for whoever cannot or does not want to install anything, where such servers are heeded: goes behind a
``NotInstalled``."""
_VERSION: Final = re.compile(r'version "(?:1\.)?(\d+)')
"""In what ``java -version`` says; until 8 the number stood behind ``1.``."""


class NotInstalled(LocalStackError):
    """Something that the local servers need is not on this machine; the text ends with what to install."""


def java() -> str:
    """The ``java`` command: that of ``JAVA_HOME``, else the first on the path; ``NotInstalled`` if it is none or too old."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else None
    program = found or _command("java", f"Java {JAVA_MIN} or newer")
    said = _version_said(program)
    version = _VERSION.search(said)
    if version is None or int(version[1]) < JAVA_MIN:
        first = next(iter(said.splitlines()), "nothing")
        raise NotInstalled(
            f"{program} is not Java {JAVA_MIN} or newer, which the local Kafka needs: it says {first!r}; "
            "install a newer one, or set JAVA_HOME to it"
        )
    return program


@cache
def _version_said(program: str) -> str:
    """What ``java -version`` says, on either stream: asked once a process, since it takes a tenth of a second."""
    try:
        asked = subprocess.run(  # noqa: S603 - the program that is about to be run anyway
            [program, "-version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=java_env()
        )
    except OSError as error:
        return str(error)
    return asked.stderr + asked.stdout


def java_env() -> dict[str, str]:
    """This process's environment without what would change the JVM behind our back."""
    return {name: value for name, value in os.environ.items() if name not in {"JAVA_TOOL_OPTIONS", "CLASSPATH"}}


def kafka_jars() -> Path:
    """The folder with the broker's jars, fetched if need be; raises ``NotInstalled`` if that fails."""
    folder = _cache_folder() / f"kafka-{KAFKA_VERSION}"
    if not folder.is_dir():
        maven = _command("mvn", "Maven")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(folder.parent), tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            if not folder.is_dir():
                _fetch(maven, Path(scratch, "jars"))
                _put_in_place(Path(scratch, "jars"), folder)
    return folder


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for another process that fetches into ``folder``: Maven's own store of what it fetched does not bear two."""
    with (folder / "fetching").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _command(name: str, title: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NotInstalled(f"{title} is missing: no `{name}` on the path, which the local Kafka needs; install it")
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
        raise NotInstalled(
            f"Maven could not fetch Kafka {KAFKA_VERSION}:\n{said}\n  is its repository reachable? try again"
        )


def _put_in_place(fetched: Path, folder: Path) -> None:
    """Whole or not at all: a folder that exists is complete, whoever put it there first."""
    try:
        fetched.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
