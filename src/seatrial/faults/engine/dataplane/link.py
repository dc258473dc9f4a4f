"""One direction of one connection: a source, the stages of its toxics, a destination."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatrial.faults.engine.dataplane.sockets import Socket
from seatrial.faults.engine.named import NamedToxic, Stream
from seatrial.faults.engine.toxics import Stage
from seatrial.faults.engine.toxics.base import CHUNK_BYTES, Data, Item, Receiver

SPLICE_BYTES = 4 * 1024 * 1024
"""The most that goes unseen at once, so that others get their turn."""


class LinkOwner(Protocol):
    """The connection that a link belongs to."""

    def reset(self) -> None:
        """Close both sides with a TCP reset."""

    def link_ended(self, link: "Link") -> None:
        """Note that everything was passed on, and that the destination is being closed."""

    def worked(self, link: "Link", toxic: NamedToxic, working: bool) -> None:
        """Note that a toxic began or ceased to work on this link."""

    def allowance(self) -> int:
        """Return how many bytes the stages of one link may hold."""


@dataclass
class Slot:
    """A toxic's place in a link; without a stage if the roll of its toxicity spared the link."""

    toxic: NamedToxic
    stage: Stage | None = None
    memory: dict[str, int] = field(default_factory=dict)


class Link:
    """The way of data through the stages; it stops the source while too much is held.

    It is the `Flow` of its stages. Nothing here waits: a peer that never reads can't hold up a
    change of the toxics.
    """

    def __init__(
        self, owner: LinkOwner, stream: Stream, chance: Callable[[], random.Random]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.stream = stream
        self.now = loop.time
        self.call_at = loop.call_at
        self.received_bytes = 0
        self.sent_bytes = 0
        self._owner = owner
        self._make_chance = chance
        self._chance: random.Random | None = None
        self._slots: list[Slot] = []
        self._entry: Receiver = self
        self._chunked = False
        self._held = 0
        self._congested = False
        self._reading = True
        self._input_ended = False
        self._output_ended = False
        self._source: Socket | None = None
        self._dest: Socket | None = None

    def open(
        self,
        source: Socket,
        dest: Socket,
        toxics: Sequence[NamedToxic],
    ) -> None:
        """Begin to carry data between two sockets, through these toxics."""
        self._source, self._dest = source, dest
        self._slots = [Slot(toxic) for toxic in toxics]
        for slot in self._slots:
            self._start(slot)

    # Called by the peers.

    def feed(self, data: Data) -> None:
        """Take what the source sent; it is only good for as long as the call."""
        self.received_bytes += len(data)
        if self._input_ended:
            return
        stamp_s = self.now()
        if not self._chunked or len(data) <= CHUNK_BYTES:
            self._entry.push(data, stamp_s)
            return
        for start in range(0, len(data), CHUNK_BYTES):
            self._entry.push(data[start : start + CHUNK_BYTES], stamp_s)

    def feed_end(self) -> None:
        """Pass on that the source sends no more: it ended, was reset, or is being closed."""
        if not self._input_ended:
            self._input_ended = True
            self._entry.end()

    def spliceable(self) -> tuple[Socket, int] | None:
        """Return where the next data may go unseen, and how much; None if it must be seen."""
        if self._dest is None or self._input_ended or not self._dest.idle:
            return None
        unseen = SPLICE_BYTES
        for slot in self._slots:
            if slot.stage is not None:
                unseen = min(unseen, slot.stage.unseen_bytes())
        return (self._dest, unseen) if unseen >= CHUNK_BYTES else None

    def passed(self, count: int) -> None:
        """Count bytes that went to the destination unseen."""
        self.received_bytes += count
        self.sent_bytes += count
        for slot in self._slots:
            if slot.stage is not None:
                slot.stage.passed(count)

    def congest(self, congested: bool) -> None:
        """Stop the source while the destination's buffer is full, or let it go on."""
        self._congested = congested
        self._regulate()

    # Called by the stages (Flow), and the end of their chain (Receiver).

    def hold(self, size: int) -> None:
        """Count what stages keep back."""
        self._held += size
        self._regulate()

    def reset(self) -> None:
        """Close both sides with a TCP reset."""
        self._owner.reset()

    @property
    def chance(self) -> random.Random:
        """This link's seeded generator, made when first asked for."""
        if self._chance is None:
            self._chance = self._make_chance()
        return self._chance

    def push(self, data: Data, stamp_s: float) -> None:
        """Send to the destination."""
        if data and self._dest is not None and not self._dest.is_closing():
            self.sent_bytes += len(data)
            self._dest.write(data)

    def end(self) -> None:
        """Close the destination once it has taken what was sent."""
        if not self._output_ended:
            self._output_ended = True
            self._input_ended = True
            if self._dest is not None:
                self._dest.close()
            self._owner.link_ended(self)

    # Called by the control plane.

    def add(self, toxic: NamedToxic) -> None:
        """Put a toxic at the end of the chain."""
        slot = Slot(toxic)
        self._slots.append(slot)
        self._start(slot)

    def update(self, old: NamedToxic, new: NamedToxic) -> None:
        """Go on with new attributes, and a new roll of the toxicity."""
        slot = self._slot(old)
        held, ended = self._stop(slot)
        slot.toxic = new
        self._start(slot)
        self._resume(slot.stage or self._after(slot), held, ended)

    def remove(self, toxic: NamedToxic) -> None:
        """Take a toxic out; what it held goes on at once."""
        slot = self._slot(toxic)
        stage, following = slot.stage, self._after(slot)
        held, ended = self._stop(slot)
        self._slots.remove(slot)
        self._resume(following, held, ended)
        if stage is not None:
            stage.removed()
            self._input_ended |= stage.finished
        self._join()

    def drop(self) -> None:
        """Stop all timers and forget what is held, as the connection is gone."""
        self._input_ended = self._output_ended = True
        for slot in self._slots:
            self._stop(slot)

    def _start(self, slot: Slot) -> None:
        toxic = slot.toxic
        if toxic.toxicity >= 1 or self.chance.random() < toxic.toxicity:
            following = self._after(slot)
            slot.stage = toxic.attributes.stage(self, following, slot.memory)
            self._owner.worked(self, toxic, working=True)
        self._join()

    def _stop(self, slot: Slot) -> tuple[list[Item], bool]:
        if slot.stage is None:
            return [], False
        held, ended = slot.stage.halt()
        slot.stage = None
        self._owner.worked(self, slot.toxic, working=False)
        self._join()
        return held, ended

    def _resume(self, receiver: Receiver, held: list[Item], ended: bool) -> None:
        for item in held:
            receiver.push(*item)
        if ended:
            receiver.end()

    def _join(self) -> None:
        """Point each stage at the next one that works."""
        receiver: Receiver = self
        for slot in reversed(self._slots):
            if slot.stage is not None:
                slot.stage.following = receiver
                receiver = slot.stage
        self._entry = receiver
        self._chunked = any(slot.stage and slot.toxic.attributes.chunked for slot in self._slots)

    def _after(self, slot: Slot) -> Receiver:
        following = self._slots[self._slots.index(slot) + 1 :]
        return next((later.stage for later in following if later.stage is not None), self)

    def _slot(self, toxic: NamedToxic) -> Slot:
        return next(slot for slot in self._slots if slot.toxic is toxic)

    def _regulate(self) -> None:
        """Start or stop reading from the source."""
        if self._source is None:
            return
        allowance = self._owner.allowance()
        if self._reading and (self._congested or self._held > allowance):
            self._reading = False
            self._source.pause_reading()
        elif not self._reading and not self._congested and self._held <= allowance // 2:
            self._reading = True
            self._source.resume_reading()
