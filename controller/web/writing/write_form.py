"""The fields in the form of an announcement: as they were sent, and as they are for a stored announcement."""

from dataclasses import dataclass, replace
from hashlib import sha256

from controller.database.tables import Announcement
from controller.web.frame.forms import Form

_LONGEST_NAME = 80
"""Of an announcement that is named by its first words."""


@dataclass(frozen=True)
class Written:
    """The fields as they were typed or chosen, right or wrong."""

    title: str = ""
    text: str = ""
    bulletin_class: str = "normal"
    language: str = "vi"
    voice: str = "north"
    speed: str = "1.0"
    may_leave_country: bool = False

    @property
    def numbers(self) -> str:
        """Which numbers an officer agrees to who ticks the box next to this text."""
        return numbers_mark(self.text)


def written_of(row: Announcement) -> Written:
    """The form as it is for a stored announcement."""
    return Written(
        row.title, row.text, row.bulletin_class, row.language, row.voice, str(row.speed), row.may_leave_country
    )


def as_typed(form: Form, otherwise: Written) -> Written:
    """The form that was sent; of fields that weren't sent, those of `otherwise`."""
    text = form.text("van-ban")
    return replace(
        otherwise,
        title=form.text("ten").strip() or _first_words(text),
        text=text,
        bulletin_class=form.text("loai", otherwise.bulletin_class),
        language=form.text("tieng", otherwise.language),
        voice=form.text("giong", otherwise.voice),
        speed=form.text("toc-do", otherwise.speed),
        may_leave_country=form.text("dong-y") == "1" and form.text("so") == numbers_mark(text),
    )


def numbers_mark(text: str) -> str:
    """The same for all texts with the same digits: to other digits an officer has to agree again."""
    return sha256("".join(each for each in text if each.isdecimal()).encode()).hexdigest()[:16]


def _first_words(text: str) -> str:
    """The name of an announcement without one."""
    line = " ".join(text.strip().partition("\n")[0].split())
    return line if len(line) <= _LONGEST_NAME else line[:_LONGEST_NAME].rpartition(" ")[0] + "…"
