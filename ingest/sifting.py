"""A batch on its way into the journal: whole, or without what makes the fold raise.

One bad message never stops a group. Where a batch cannot be folded its halves are tried, and
theirs, until what is left is one message, one event, or one row of the inbox; that goes to the
quarantine as `fold_failed`, and whatever it named is settled, so that its device may forget it.
Halves find a culprit in a few commits, where trying each by itself takes as many as messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import structlog
from sqlalchemy.exc import DataError, IntegrityError

from ingest import hearing
from ingest.alarm import Alarm
from ingest.writer import INBOX_AT_ONCE, Batch, FoldFailedError, Writer
from jemput.entry import Event
from jemput.fold import admission
from jemput.fold.admission import Poison

REASON: Final = "fold_failed"
CULPABLE: Final = (FoldFailedError, IntegrityError, DataError)
"""Raised by what is written, whenever it is tried; any other trouble of a database passes."""
_LONGEST_DETAIL: Final = 500


class FoldStuckError(RuntimeError):
    """Even without the culprit nothing can be folded: it is the state, or the rules' code."""


class Spoken(NamedTuple):
    """A message as it came, and as it was read."""

    raw: hearing.Heard
    read: admission.Heard | Poison


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of a batch, in order, and how much of the inbox goes with it."""

    items: Sequence[Event | Spoken] = ()
    mail: int = 0

    def batch(self, alarms: tuple[Alarm, ...]) -> Batch:
        """As the writer takes it."""
        read = [one.read for one in self.items if isinstance(one, Spoken)]
        return Batch(
            heard=[one for one in read if isinstance(one, admission.Heard)],
            poison=[one for one in read if isinstance(one, Poison)],
            events=tuple(one for one in self.items if not isinstance(one, Spoken)),
            alarms=alarms,
        )

    def halves(self) -> list["_Part"]:
        """The two halves of what is more than one."""
        middle = len(self.items) // 2
        of_mail = self.mail // 2
        if self.items:
            return [_Part(self.items[:middle]), _Part(self.items[middle:])]
        return [_Part(mail=of_mail), _Part(mail=self.mail - of_mail)]


class Sifting:
    """One batch; call `step` until `is_done`. After an error the next step goes on from there."""

    def __init__(
        self,
        writer: Writer,
        spoken: Sequence[Spoken] = (),
        events: Sequence[Event] = (),
        alarms: tuple[Alarm, ...] = (),
    ) -> None:
        """Take everything that came in since the last commit."""
        self._writer = writer
        self._alarms = alarms
        self._left = [_Part((*events, *spoken), INBOX_AT_ONCE)]

    @property
    def is_done(self) -> bool:
        """Whether all of it is committed, in the journal or in the quarantine."""
        return not self._left

    def step(self, now_ms: int) -> None:
        """One commit; or, where it cannot be folded, smaller parts for the next steps.

        Raises what `Writer.commit` raises, but `FoldStuckError` where no culprit can be told.
        """
        part = self._left[-1]
        try:
            self._writer.commit(part.batch(self._alarms), now_ms, mail=part.mail)
            self._alarms = ()
        except CULPABLE as error:
            if part.items and part.mail:
                smaller = [_Part(mail=self._writer.mail()), _Part(part.items)]
            elif part.mail > 1 and self._writer.has_mail():
                smaller = _Part(mail=min(part.mail, self._writer.mail())).halves()
            elif len(part.items) > 1:
                smaller = part.halves()
            else:
                self._set_aside(part, error, now_ms)
                smaller = []
            self._left[-1:] = [one for one in reversed(smaller) if one.items or one.mail]
            return
        self._left.pop()

    def _set_aside(self, part: _Part, error: Exception, now_ms: int) -> None:
        problem = str(error)[:_LONGEST_DETAIL]
        log = structlog.get_logger(__name__)
        try:
            if part.items:
                self._quarantine(_culprit(part.items[0], problem), now_ms)
            elif self._writer.has_mail():
                alarm = _alarm("an entry of the inbox", "inbox", problem)
                self._writer.set_mail_aside(problem, alarm, now_ms)
            else:
                raise FoldStuckError(problem) from error
        except CULPABLE as again:
            message = f"nothing can be folded, whatever is left out: {again}"
            raise FoldStuckError(message) from error
        culprit = part.items[0] if part.items else "inbox"
        log.error(REASON, culprit=_name(culprit), problem=problem, exc_info=error)

    def _quarantine(self, culprit: Poison, now_ms: int) -> None:
        """Set it aside, and settle what it named unless that is what cannot be folded."""
        who = culprit.device or "an event"
        alarms = (_alarm(f"a message of {who}", who, culprit.detail),)
        try:
            self._writer.commit(Batch(poison=[culprit], alarms=alarms), now_ms, mail=0)
        except CULPABLE:
            bare = msgspec.structs.replace(culprit, settled=())
            self._writer.commit(Batch(poison=[bare], alarms=alarms), now_ms, mail=0)


def _alarm(what: str, who: str, problem: str) -> Alarm:
    detail = f"{what} could not be folded and is in the quarantine as {REASON}: {problem}"
    return Alarm(f"{REASON}/{who}", detail)


def _culprit(item: Event | Spoken, problem: str) -> Poison:
    if not isinstance(item, Spoken):
        return Poison("", msgspec.msgpack.encode(item), REASON, problem)
    raw, read = item
    if isinstance(read, Poison):
        return Poison(raw.topic, raw.payload, REASON, problem, read.device, read.settled)
    settled = tuple((one.boot, one.seq) for one in read.message.readings)
    return Poison(raw.topic, raw.payload, REASON, problem, read.device, settled)


def _name(item: Event | Spoken | str) -> str:
    return item.raw.topic if isinstance(item, Spoken) else repr(item)
