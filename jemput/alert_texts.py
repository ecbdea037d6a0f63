"""The words of alerts, Indonesian and English."""

from typing import Final

from msgspec import Struct

from jemput.decisions import AlertKind
from jemput.pickup import Reason
from jemput.things import Language


class Words(Struct, frozen=True):
    """One language."""

    headlines: dict[AlertKind, str]
    reasons: dict[Reason, str]
    bin: str
    full: str
    since: str
    why: str
    map: str
    accept: str


_ID: Final = Words(
    headlines={
        AlertKind.PICKUP: "Tolong jemput sampah",
        AlertKind.WITHDRAWN: "Tidak perlu lagi, jangan berangkat",
        AlertKind.UNSERVED: "Tidak ada petugas untuk tempat sampah ini",
        AlertKind.EXPIRED: "Tidak ada yang menerima jemputan ini",
        AlertKind.ACCEPTED_NOT_COLLECTED: "Diterima, tetapi belum dilaporkan diangkut",
        AlertKind.CLAIMED_NOT_SEEN: "Dilaporkan kosong, tetapi sensor belum melihatnya",
        AlertKind.SEEN_NOT_CLAIMED: "Sudah kosong, tetapi belum dilaporkan siapa pun",
        AlertKind.UNDELIVERED: "Pesan tentang ini tidak sampai",
        AlertKind.UNFINISHED: "Diterima, tetapi tidak pernah selesai",
        AlertKind.INCIDENT: "Perlu diperiksa",
    },
    reasons={
        Reason.FULLNESS: "hampir penuh",
        Reason.AGE: "sudah terlalu lama",
        Reason.ALERT: "peringatan dari sensor",
        Reason.MANUAL: "diminta petugas",
        Reason.RESIDENT: "diminta warga",
    },
    bin="tempat sampah",
    full="penuh",
    since="sejak",
    why="sebab",
    map="Peta",
    accept="Terima",
)
_EN: Final = Words(
    headlines={
        AlertKind.PICKUP: "Please fetch this waste",
        AlertKind.WITHDRAWN: "No longer needed, do not go",
        AlertKind.UNSERVED: "No collector serves this bin",
        AlertKind.EXPIRED: "Nobody accepted this pickup",
        AlertKind.ACCEPTED_NOT_COLLECTED: "Accepted, but not reported collected yet",
        AlertKind.CLAIMED_NOT_SEEN: "Reported empty, but the sensor does not see it yet",
        AlertKind.SEEN_NOT_CLAIMED: "Emptied, but nobody reported it",
        AlertKind.UNDELIVERED: "An alert about this did not arrive",
        AlertKind.UNFINISHED: "Accepted, but never finished",
        AlertKind.INCIDENT: "Needs a look",
    },
    reasons={
        Reason.FULLNESS: "nearly full",
        Reason.AGE: "there for too long",
        Reason.ALERT: "warning of the sensor",
        Reason.MANUAL: "asked for by staff",
        Reason.RESIDENT: "asked for by a resident",
    },
    bin="bin",
    full="full",
    since="since",
    why="why",
    map="Map",
    accept="Accept",
)
WORDS: Final[dict[Language, Words]] = {"id": _ID, "en": _EN}
