"""Signs of life of the process that has an order, and what happens when the order is not its own any more."""

from __future__ import annotations

import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from iota_py.campaign.store import Claim, Store
from iota_py.errors import StorageError
from iota_py.pipeline import paths
from iota_py.pipeline.status import read_holder

MOST = 5.0  # seconds between two signs of life: also how long a cancelled order goes on


class Pulse:
    """lost: the order was taken over or cancelled while it ran."""

    def __init__(self) -> None:
        self.lost = False


def own_name() -> str:
    """A name for this process that no other has: host, number, and a word, since numbers are given again."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@contextmanager
def beating(store: Store, claim: Claim) -> Iterator[Pulse]:
    """Give signs of life while the block lasts; an order that is lost is stopped as by SIGTERM."""
    pulse, over = Pulse(), threading.Event()
    thread = threading.Thread(target=_beat, args=(store, claim, pulse, over), daemon=True, name="pulse")
    thread.start()
    try:
        yield pulse
    finally:
        over.set()
        thread.join()


def _beat(store: Store, claim: Claim, pulse: Pulse, over: threading.Event) -> None:
    while not over.wait(min(store.lease / 3, MOST)):
        try:
            mine = store.beat(claim.row.name, claim.owner)
        except StorageError:
            continue  # the database is away: the lease may run out, and the next beat that arrives will say so
        if not mine and not over.is_set():
            pulse.lost = True
            os.kill(os.getpid(), signal.SIGTERM)
            return


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM is as Ctrl-C in this block. Only the main thread may ask for that; elsewhere nothing is changed."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def free_lock(folder: Path, lost: str) -> None:
    """Remove the lock of a run whose owner's lease has run out, if it is still that owner's: on another host nobody can ask whether it lives."""
    holder = read_holder(folder)
    host, pid, *_ = [*lost.split(":"), "", ""]
    if holder is not None and holder.alive is None and (holder.host, str(holder.pid)) == (host, pid):
        (folder / paths.LOCK).unlink(missing_ok=True)
