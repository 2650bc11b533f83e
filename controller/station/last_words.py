"""What the office last heard of speakers: their last statuses, and which of them are online."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from controller.database.tables import Speaker, SpeakerStatus

IS_ONLINE_COLUMN = col(Speaker.silent_after).is_not(None)
"""`Speaker.is_online` for queries."""


def last_words(session: Session, speakers: Sequence[Speaker]) -> dict[str, SpeakerStatus]:
    """{speaker: its last status}, by one query; the status is empty where a speaker has never sent one."""
    ids = [row.speaker for row in speakers]
    rows = session.exec(select(SpeakerStatus).where(col(SpeakerStatus.speaker).in_(ids))).all()
    return {row.speaker: row for row in rows}
