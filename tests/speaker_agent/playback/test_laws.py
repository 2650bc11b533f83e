"""Laws that hold for any messages in any order and any number of power cuts."""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.speaker_agent.box import MONDAY, Box, enrolled_box
from tests.speaker_agent.office import broadcast, chunks_of, settings, signed, signed_settings, sound
from wire.broadcast import Broadcast
from wire.outcomes import REASONS

SECOND = timedelta(seconds=1)
SOUNDS = [sound(2_000, seed=seed) for seed in range(3)]

CLASSES = ["normal", "normal", "priority", "emergency"]
WHAT = ["wait", "power", "cancel", "device", "sound", "line", "revise", "mute"]
PLANS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(SOUNDS), st.sampled_from(CLASSES)),
    min_size=1,
    max_size=6,
)
ACTIONS = st.lists(
    st.tuples(
        st.integers(1, 8_000),
        st.sampled_from(WHAT),
        st.integers(0, 5),
    ),
    max_size=8,
)


@examples(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(PLANS, ACTIONS)
def test_each_broadcast_begins_at_most_once_and_its_one_final_state_tells_what_left_the_device(
    plan: Any, actions: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = enrolled_box(Path(folder))
        box.connect()
        held = [
            broadcast(MONDAY + after * SECOND, data, bulletin_class=bulletin_class)
            for after, data, bulletin_class in plan
        ]
        box.hear(*(signed(said) for said in held), *chunks_of(SOUNDS[0]))
        for length_ms, action, which in actions:
            box.run_for(milliseconds=length_ms)
            _act(box, action, held[which % len(held)], which)
        box.device.opens = True
        box.hear(*(chunk for data in SOUNDS for chunk in chunks_of(data)))
        box.run_for(minutes=30)
        for said in held:
            _holds(box, said)
        seqs = [receipt.seq for receipt in box.receipts()]
        assert seqs == list(range(1, len(seqs) + 1))
        assert set(box.parts.troubles.parts) <= {"device"}


def _act(box: Box, action: str, said: Broadcast, which: int) -> None:
    if action == "power":
        box.restart(off_for=which * SECOND)
        box.connect()
    elif action == "cancel":
        box.hear(signed(said.model_copy(update={"revision": 20, "state": "cancelled"})))
    elif action == "device":
        box.device.fail()
        box.settle()
        box.device.opens = bool(which % 2)
    elif action == "sound":
        box.hear(*chunks_of(SOUNDS[which % 3]))
    elif action == "revise":
        later = said.begins_at + timedelta(seconds=which)
        changes = {"revision": 10 + which, "starts_at": later, "latest_start": later + timedelta(seconds=20)}
        box.hear(signed(said.model_copy(update=changes)))
    elif action == "mute":
        before = box.parts.own_settings.current
        assert before is not None
        box.hear(signed_settings(settings(MONDAY, before.revision + 1, muted=bool(which % 2))))
    elif action == "line":
        box.disconnect()
        box.connect()


def _holds(box: Box, said: Broadcast) -> None:
    final = box.final(said.broadcast)
    assert final.reason in REASONS[final.state]
    counts = Counter(receipt.state for receipt in box.receipts(said.broadcast))
    heard = sum(each.frames for each in box.played if each.label == said.broadcast)
    if said.bulletin_class != "emergency":
        assert counts["started"] <= 1
        assert heard <= 2_000 * 48
    if final.state == "played":
        assert final.heard_ms == 2_000
        assert heard >= 2_000 * 48
    elif final.state in ("missed", "cancelled"):
        assert counts["started"] == 0
        assert heard == 0
    elif final.heard_ms is not None and said.bulletin_class != "emergency":
        assert final.heard_ms == heard // 48
