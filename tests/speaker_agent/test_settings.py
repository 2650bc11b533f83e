"""The configuration file: the fields that the office showed, and where data and sound go."""

import json
from pathlib import Path
from typing import Any

import pytest

from speaker_agent.settings import NoSettings, read_settings_file
from tests.speaker_agent.office import configuration

BROKER = {"host": "127.0.0.1", "port": 1883, "tls": False}


def written(folder: Path, fields: Any) -> Path:
    file = folder / "loa-1.json"
    file.write_text(fields if isinstance(fields, str) else json.dumps(fields))
    return file


def test_the_fields_that_the_office_showed_are_enough(tmp_path: Path) -> None:
    settings = read_settings_file(written(tmp_path, configuration(BROKER)))
    assert settings.data_dir == tmp_path / "loa-1-data"
    assert settings.sound == "alsa:default"
    assert settings.clock == "kernel"


def test_paths_are_relative_to_the_file_and_unknown_fields_are_ignored(tmp_path: Path) -> None:
    more = {"data_dir": "state", "sound": "file:heard", "mood": "vui"}
    settings = read_settings_file(written(tmp_path, configuration(BROKER, **more)))
    assert settings.data_dir == tmp_path / "state"
    assert settings.sound == f"file:{tmp_path / 'heard'}"


@pytest.mark.parametrize("missing", ["speaker", "password", "broker", "office_keys"])
def test_a_missing_field_is_named_in_a_sentence(tmp_path: Path, missing: str) -> None:
    fields = configuration(BROKER)
    del fields[missing]
    with pytest.raises(NoSettings, match=rf"can't be used: {missing}: .* enrolled"):
        read_settings_file(written(tmp_path, fields))


@pytest.mark.parametrize(
    "wrong",
    [
        {"sound": "loud"},
        {"sound": "alsa:"},
        {"speaker": "Loa 1"},
        {"office_keys": []},
        {"broker": {**BROKER, "port": 0}},
        {"office_keys": [{"kid": "k", "public_key": "x", "may": []}]},
    ],
)
def test_an_invalid_value_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(NoSettings):
        read_settings_file(written(tmp_path, {**configuration(BROKER), **wrong}))


def test_a_missing_file_and_a_file_that_is_no_json_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSettings, match="can't be read"):
        read_settings_file(tmp_path / "nothing.json")
    with pytest.raises(NoSettings, match="should be the JSON"):
        read_settings_file(written(tmp_path, "{"))
