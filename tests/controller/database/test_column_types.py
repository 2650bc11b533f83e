"""The shapes of JSON columns have the fields of the messages that they hold, no more and no fewer."""

from typing import get_type_hints

import pytest

from controller.database import column_types
from wire.broadcast import Approval, Broadcast
from wire.clips import Clip
from wire.envelope import OfficeKey
from wire.model import WireModel
from wire.settings import QuietHours, Settings, Volume
from wire.status import ClockReport, PlanReport, Status


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (column_types.ApprovalFields, Approval),
        (column_types.BroadcastFields, Broadcast),
        (column_types.ClipFields, Clip),
        (column_types.ClockReportFields, ClockReport),
        (column_types.OfficeKeyFields, OfficeKey),
        (column_types.PlanReportFields, PlanReport),
        (column_types.QuietHoursFields, QuietHours),
        (column_types.SettingsFields, Settings),
        (column_types.StatusFields, Status),
        (column_types.VolumeFields, Volume),
    ],
)
def test_a_shape_has_the_fields_of_its_message(shape: type, message: type[WireModel]) -> None:
    assert set(get_type_hints(shape)) == {field.alias or name for name, field in message.model_fields.items()}
