"""A protocol's roles in one process, a thread each: kernels and ciphers hold no lock, and frames are handed over."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence

from protocols.role import Frame, Role


def in_threads(ready: Sequence[Role]) -> float:
    """Run fresh roles to their ends; seconds by the clock."""
    boxes: dict[str, queue.SimpleQueue[Frame]] = {role.name: queue.SimpleQueue() for role in ready}

    def work(role: Role) -> None:
        for frame in role.begin():
            boxes[frame.recipient].put(frame)
        while not role.finished:
            frame = boxes[role.name].get()
            for sent in role.receive(frame.sender, frame.data):
                boxes[sent.recipient].put(sent)

    threads = [threading.Thread(target=work, args=(role,)) for role in ready]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began
