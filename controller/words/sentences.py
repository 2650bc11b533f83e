"""All sentences by their codes. Each stands in the file of its topic, once; a code is never used for another fact."""

from controller.words import (
    announcements,
    broadcasts,
    checks,
    fields,
    machine,
    schedules,
    station,
    troubles,
)
from controller.words.translation import Counted

SENTENCES: dict[str, str | Counted] = {
    **announcements.SENTENCES,
    **broadcasts.SENTENCES,
    **fields.SENTENCES,
    **machine.SENTENCES,
    **schedules.SENTENCES,
    **station.SENTENCES,
    **troubles.SENTENCES,
    **checks.SENTENCES,
}
