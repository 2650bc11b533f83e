"""The chimes: one per class, always the same, and clean at both ends."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from audio.sound.chimes import CHIME_LENGTH_MS, chime
from tests.audio.sound.meter import samples
from wire.model import ALL_CLASSES, BulletinClass

CLASSES = sorted(ALL_CLASSES)


def test_every_class_has_its_own_chime() -> None:
    assert len({chime(one) for one in CLASSES}) == len(CLASSES)


@pytest.mark.parametrize("bulletin_class", CLASSES)
def test_a_chime_is_the_same_in_every_process(bulletin_class: BulletinClass) -> None:
    code = (
        "import sys, hashlib; from audio.sound.chimes import chime;"
        "print(hashlib.sha256(chime(sys.argv[1])).hexdigest(), end='')"
    )
    elsewhere = subprocess.run([sys.executable, "-c", code, bulletin_class], capture_output=True, check=True).stdout
    assert elsewhere.decode() == hashlib.sha256(chime(bulletin_class)).hexdigest()


@pytest.mark.parametrize("bulletin_class", CLASSES)
def test_a_chime_begins_and_ends_without_a_click(bulletin_class: BulletinClass) -> None:
    wave = samples(chime(bulletin_class))
    assert len(wave) == 48 * CHIME_LENGTH_MS
    steps = np.abs(np.diff(wave, prepend=0.0, append=0.0))
    assert max(steps[:24].max(), steps[-24:].max()) < 0.2 * steps.max()
    assert 0.4 < np.abs(wave).max() < 0.6


def test_an_emergencys_chime_has_more_strokes_than_a_normal_one() -> None:
    def strikes(bulletin_class: BulletinClass) -> int:
        strength = np.abs(samples(chime(bulletin_class))).reshape(-1, 960).max(axis=1)
        return int(np.sum(strength[1:] > 1.4 * strength[:-1])) + 1

    assert strikes("emergency") >= 2 * strikes("normal")
