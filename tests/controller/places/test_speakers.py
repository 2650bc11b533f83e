"""Speakers: the settings that each gets, and who may change it."""

from typing import Unpack

import pytest
from sqlmodel import select

from controller.database.tables import Speaker, SpeakerSettings
from controller.errors import Conflict, Forbidden, Invalid, NotFound
from controller.places.speakers import SpeakerFields, admit_speaker, change_speaker, renew_credentials
from controller.station.facts import write
from controller.station.speaker_settings import last_settings, refresh_all
from tests.people import Commune
from wire.settings import Settings


def _admit(commune: Commune, speaker: str, area: str = "ấp 1") -> str:
    with commune.writing() as session:
        _, password = admit_speaker(
            session, commune.now, commune.officers["tham"], speaker=speaker, name="Loa", area=commune.areas[area]
        )
    return password


def _change(commune: Commune, speaker: str, officer: str = "tham", **changes: Unpack[SpeakerFields]) -> None:
    with commune.writing() as session:
        change_speaker(session, commune.now, commune.officers[officer], speaker, changes)


def _told(commune: Commune, speaker: str) -> Settings:
    with commune.database.reading() as session:
        row = last_settings(session, speaker)
    assert row is not None
    return Settings.from_fields(row.content)


@pytest.mark.parametrize(
    "speaker", ["", "office", "Loa-1", "loa_1", "-loa", "loa-", "loa 1", "a" * 65, "loa/1", "lóa", "a\n"]
)
def test_an_id_can_stand_in_a_topic(commune: Commune, speaker: str) -> None:
    with pytest.raises(Invalid) as refused:
        _admit(commune, speaker)
    assert refused.value.field == "speaker"


def test_an_id_belongs_to_one_speaker(commune: Commune) -> None:
    with pytest.raises(Conflict, match="đã có"):
        _admit(commune, "loa-2")


def test_a_new_speaker_gets_its_settings_and_its_password_is_not_kept(commune: Commune) -> None:
    password = _admit(commune, "loa-moi")
    told = _told(commune, "loa-moi")
    assert (told.speaker, told.areas) == ("loa-moi", (commune.areas["xã"], commune.areas["ấp 1"]))
    assert (told.volume.normal, told.volume.priority, told.volume.emergency, told.volume.limit) == (70, 80, 100, 100)
    with commune.database.reading() as session:
        assert password not in session.get_one(Speaker, "loa-moi").broker_password_hash


def test_new_credentials_differ_from_the_old_ones(commune: Commune) -> None:
    with commune.writing() as session:
        first = renew_credentials(session, commune.now, commune.officers["tham"], "loa-2")[1]
        second = renew_credentials(session, commune.now, commune.officers["tham"], "loa-2")[1]
    assert first != second
    with pytest.raises(NotFound), commune.writing() as session:
        renew_credentials(session, commune.now, commune.officers["tham"], "loa-nowhere")


def test_only_a_change_makes_a_higher_revision_of_the_settings(commune: Commune) -> None:
    before = _told(commune, "loa-2")
    _change(commune, "loa-2", muted=False, name=before.name)
    assert _told(commune, "loa-2") == before
    _change(commune, "loa-2", muted=True)
    _change(commune, "loa-2", muted=True, output_delay_ms=120)
    after = _told(commune, "loa-2")
    assert (after.muted, after.output_delay_ms, after.revision > before.revision) == (True, 120, True)
    with commune.database.reading() as session:
        told = session.exec(select(SpeakerSettings.revision).where(SpeakerSettings.speaker == "loa-2")).all()
    assert len(set(told)) == 3


def test_the_officer_who_muted_a_speaker_is_known_until_it_may_sound_again(commune: Commune) -> None:
    _change(commune, "loa-2", "quang", muted=True)
    commune.later(minutes=1)
    _change(commune, "loa-2", "tham", muted=True)
    with commune.database.reading() as session:
        assert session.get_one(Speaker, "loa-2").muted_by == commune.officers["quang"].officer
    _change(commune, "loa-2", muted=False)
    with commune.database.reading() as session:
        assert session.get_one(Speaker, "loa-2").muted_by is None


def test_a_changed_time_zone_reaches_every_speakers_settings(commune: Commune) -> None:
    with commune.writing() as session:
        write(session, "time_zone", "Asia/Bangkok")
        refresh_all(session, commune.now)
    assert {_told(commune, each).time_zone for each in ("loa-1a", "loa-1b", "loa-2", "loa-xa")} == {"Asia/Bangkok"}


def test_an_officer_of_one_hamlet_admits_changes_and_moves_within_it_alone(commune: Commune) -> None:
    commune.in_charge_of("tham", "ấp 1")
    _admit(commune, "loa-1c")
    _change(commune, "loa-1c", muted=True)
    with pytest.raises(Forbidden):
        _admit(commune, "loa-2c", "ấp 2")
    with pytest.raises(Forbidden):
        _change(commune, "loa-2", muted=True)
    with pytest.raises(Forbidden):
        _change(commune, "loa-1c", area=commune.areas["ấp 2"])
    with pytest.raises(Forbidden), commune.writing() as session:
        renew_credentials(session, commune.now, commune.officers["tham"], "loa-2")
