"""The words of fixed sets, as officers read them: states, reasons, classes, doubts, languages, voices, roles, deeds.

With the shapes next to states. What a newer program sends and isn't known here is shown as it came.
"""

from collections.abc import Mapping
from typing import Literal, TypeVar

from audio.speech.port import Voice
from audio.spoken_text.doubts import DoubtKind
from controller.broadcasts.states import BroadcastState
from controller.database.column_types import AuditAction, DeliveryState, ExcessKind, Role, WeightyKind
from controller.orders.standings import AnnouncementState
from controller.outlook.speaker_standing import SpeakerStanding
from controller.words.translation import _, mark
from wire.model import BulletinClass
from wire.outcomes import Reason
from wire.receipts import ClockState

Shape = Literal[
    "accepted",
    "approval",
    "cancelled",
    "decision",
    "missed",
    "muted",
    "no_report",
    "offline",
    "partial",
    "planned",
    "played",
    "preempted",
    "quiet",
    "ready",
    "rejected",
    "soundless",
    "started",
    "waiting",
    "working",
]
"""A sign of shapes.svg (`s-…`) that says a state, and its colour in style.css (`is-…`)."""

DELIVERY: dict[DeliveryState, str] = {
    "pending": mark("Chưa nhận lệnh"),
    "accepted": mark("Đã nhận lệnh"),
    "ready": mark("Sẵn sàng"),
    "started": mark("Đang phát"),
    "played": mark("Đã phát"),
    "partial": mark("Phát dở"),
    "missed": mark("Không phát"),
    "cancelled": mark("Đã hủy"),
    "rejected": mark("Cụm loa từ chối"),
    "no_report": mark("Chưa có báo cáo"),
}

REASON: dict[Reason, str] = {
    "pre_empted": mark("Bị bản tin quan trọng hơn ngắt, không kịp phát tiếp."),
    "cancelled": mark("Có người bấm dừng lúc {time}."),
    "power_lost": mark("Mất điện giữa chừng. Có điện rồi hãy đặt phát lại."),
    "device_failed": mark("Thiết bị âm thanh hỏng. Gọi kỹ thuật viên."),
    "late": mark("Quá giờ: đến {time} vẫn chưa bắt đầu được."),
    "busy": mark("Đang phát bản tin khác đến quá giờ."),
    "no_audio": mark("Chưa tải xong tệp âm thanh. Xem mạng ở đó."),
    "clock_untrusted": mark("Đồng hồ của cụm loa chưa tin được. Chờ có mạng."),
    "quiet_hours": mark("Rơi vào giờ yên tĩnh."),
    "muted": mark("Cụm loa đang tắt tiếng. Mở tiếng rồi phát lại."),
    "bad_signature": mark("Chữ ký sai: lệnh có thể không do xã gửi. Báo kỹ thuật viên ngay."),
    "unknown_key": mark("Cụm loa chưa có khóa của xã. Kỹ thuật viên cài lại."),
    "expired": mark("Lệnh đến khi đã hết hạn."),
    "wrong_target": mark("Lệnh không dành cho cụm loa này. Xem lại địa bàn."),
    "not_allowed": mark("Khóa này không được ký loại bản tin đó. Báo kỹ thuật viên."),
    "unsupported": mark("Phần mềm ở cụm loa quá cũ cho loại phát này. Cập nhật."),
    "moved": mark("Cụm loa đã chuyển sang địa bàn khác."),
    "conflicting_revision": mark("Hai lệnh cùng số, khác nội dung. Báo kỹ thuật viên ngay."),
    "malformed": mark("Cụm loa không đọc được lệnh. Báo kỹ thuật viên."),
    "corrupt_audio": mark("Tệp âm thanh ở cụm loa bị hỏng. Phát lại."),
}
"""Why a delivery ended as it did, and what to do. Said of what happened (results and their CSV, one speaker, the home
page) and, behind “Sẽ không phát.”, of what will happen (day and week): the words must fit both.
"""

SPEAKER: dict[SpeakerStanding, str] = {
    "working": mark("Hoạt động"),
    "offline": mark("Mất liên lạc"),
    "soundless": mark("Không ra tiếng"),
    "muted": mark("Đang tắt tiếng"),
}

ANNOUNCEMENT: dict[AnnouncementState, str] = {
    "draft": mark("Nháp"),
    "submitted": mark("Chờ phê duyệt"),
    "approved": mark("Đã phê duyệt"),
    "refused": mark("Bị trả lại"),
}

BULLETIN_CLASS: dict[BulletinClass, str] = {
    "normal": mark("Thông thường"),
    "priority": mark("Ưu tiên"),
    "emergency": mark("Khẩn cấp"),
}

BULLETIN_CLASS_CONSEQUENCE: dict[BulletinClass, str] = {
    "normal": mark("Phát theo lịch, nhường bản tin ưu tiên và khẩn cấp."),
    "priority": mark("Phát trước bản tin thông thường, ngắt bản tin thông thường đang phát."),
    "emergency": mark("Phát ngay, chen ngang mọi bản tin, phát cả trong giờ yên tĩnh. Chỉ dùng khi có nguy hiểm."),
}

BROADCAST: dict[BroadcastState, str] = {
    "waiting_for_approval": mark("Chờ phê duyệt"),
    "planned": mark("Chờ đến giờ"),
    "sounding": mark("Đang phát"),
    "ended": mark("Đã kết thúc"),
    "cancelled": mark("Đã hủy"),
    "lapsed": mark("Quá giờ, chưa được phê duyệt"),
}

DOUBT: dict[Literal[DoubtKind, "unread_digits"], str] = {
    "unread": mark("Ký hiệu “{text}” không đọc được. Phải sửa thì mới gửi phê duyệt được."),
    "unread_digits": mark("“{text}” còn chữ số chưa có cách đọc. Phải sửa thì mới gửi phê duyệt được."),
    "unknown_capitals": mark("Chưa biết “{text}” là gì; máy đọc đúng như chữ viết."),
    "ambiguous_abbreviation": mark("“{text}” có nhiều cách đọc."),
    "ambiguous_date": mark("“{text}” là ngày hay tỷ số?"),
    "impossible_date": mark("Không có ngày {text}."),
    "impossible_time": mark("Không có giờ {text}."),
    "wrong_weekday": mark("{date} là {right}, văn bản ghi {named}."),
    "phone_length": mark("Số điện thoại {text} có {digits} chữ số. Di động có 10, cố định (bắt đầu bằng 02) có 11."),
    "past_date": mark("Ngày {text} đã qua."),
}
LANGUAGE: dict[str, str] = {
    "vi": mark("Tiếng Việt"),
    "hmn": mark("Tiếng Mông"),
    "km": mark("Tiếng Khmer"),
    "cjm": mark("Tiếng Chăm"),
    "rad": mark("Tiếng Ê Đê"),
    "jra": mark("Tiếng Gia Rai"),
    "bdq": mark("Tiếng Ba Na"),
    "kpm": mark("Tiếng Cơ Ho"),
    "cma": mark("Tiếng Mạ"),
    "sti": mark("Tiếng Xtiêng"),
    "tyz": mark("Tiếng Tày"),
    "nut": mark("Tiếng Nùng"),
    "blt": mark("Tiếng Thái"),
    "mtq": mark("Tiếng Mường"),
    "ium": mark("Tiếng Dao"),
    "zh": mark("Tiếng Hoa"),
}
"""By their codes in BCP 47. Engines speak Vietnamese only; the others are recorded."""
VOICE: dict[Voice, str] = {
    "north": mark("Giọng miền Bắc"),
    "central": mark("Giọng miền Trung"),
    "south": mark("Giọng miền Nam"),
    "piper": mark("Giọng riêng của đài"),
    "google": mark("Giọng Google, qua mạng"),
}
SPEED: dict[str, str] = {"0.85": mark("Chậm"), "1.0": mark("Vừa"), "1.15": mark("Nhanh")}
ROLE: dict[Role, str] = {
    "administrator": mark("Quản trị"),
    "viewer": mark("Xem, không sửa"),
    "editor": mark("Biên tập: soạn và đặt phát"),
    "approver": mark("Lãnh đạo: soạn, đặt phát và phê duyệt"),
}
APPROVAL_POLICY: dict[str, str] = {
    "two_for_emergency": mark("hai người phê duyệt bản tin khẩn cấp"),
    "two_for_whole": mark("hai người phê duyệt lượt phát cho toàn bộ"),
    "same_day_moves": mark("cho đổi giờ trong ngày"),
}
"""What an area asks of approvals, as the log of deeds lists it."""
CLOCK: dict[ClockState, str] = {
    "trusted": mark("Tin được"),
    "held": mark("Tự giữ giờ"),
    "untrusted": mark("Chưa tin được"),
}

WEIGHTY: dict[WeightyKind, str] = {
    "charge": mark("giao vai trò"),
    "enable": mark("mở lại tài khoản"),
    "link": mark("đường dẫn đặt mật khẩu"),
    "one officer": mark("người soạn tự phê duyệt"),
}
"""What waits for a second administrator, as the log of deeds names it."""
EXCESS: dict[ExcessKind, str] = {
    "status": mark("điều tự báo, gửi dồn dập"),
    "receipts": mark("báo cáo, gửi dồn dập"),
    "requests": mark("lời hỏi, gửi dồn dập"),
    "malformed": mark("tin không đọc được"),
    "stored_receipts": mark("báo cáo quá số lượng một ngày"),
    "unread_receipts": mark("báo cáo không đọc được"),
    "unknown_broadcasts": mark("lượt phát văn phòng không biết"),
    "journals": mark("sổ báo cáo mới, mở liên tục"),
    "contradictions": mark("báo cáo trái với báo cáo trước"),
    "revisions": mark("lệnh ghi ngày giờ chưa tới"),
    "new_settings": mark("cài đặt mới hơn văn phòng đã gửi"),
    "plan_requests": mark("lời xin gửi lại lịch"),
    "chunks": mark("lời xin gửi lại âm thanh"),
}
"""What a speaker sent that isn't taken."""
AUDIT: dict[AuditAction, str] = {
    "announcement approved": mark("Phê duyệt bản tin"),
    "announcement changed": mark("Sửa bản tin"),
    "announcement refused": mark("Trả lại bản tin"),
    "announcement submitted": mark("Gửi bản tin để phê duyệt"),
    "announcement taken up": mark("Dùng lại bản cũ của bản tin"),
    "announcement written": mark("Soạn bản tin"),
    "approval withdrawn": mark("Rút lại phê duyệt"),
    "area added": mark("Thêm địa bàn"),
    "area changed": mark("Sửa địa bàn"),
    "broadcast cancelled": mark("Hủy hoặc dừng lượt phát"),
    "broadcast ordered": mark("Đặt phát"),
    "broadcast reviewed": mark("Xem lại lượt phát khẩn"),
    "charge changed": mark("Đổi vai trò của cán bộ"),
    "credentials renewed": mark("Cấp mật khẩu mới cho cụm loa"),
    "deputy ended": mark("Thôi ủy quyền phê duyệt"),
    "deputy let begin": mark("Cho người được ủy quyền phê duyệt ngay"),
    "deputy named": mark("Chọn người phê duyệt thay"),
    "holidays reset": mark("Trả ngày nghỉ lễ về theo luật"),
    "holidays set": mark("Sửa ngày nghỉ lễ"),
    "officer added": mark("Thêm cán bộ"),
    "officer disabled": mark("Khóa tài khoản cán bộ"),
    "officer enabled": mark("Mở lại tài khoản cán bộ"),
    "one officer allowed": mark("Cho phép người soạn tự phê duyệt"),
    "one officer ended": mark("Thôi cho người soạn tự phê duyệt"),
    "invitation made": mark("Tạo đường dẫn mời vào tài khoản"),
    "passkey added": mark("Thêm khóa truy cập"),
    "passkey refused": mark("Từ chối một khóa truy cập: bộ đếm của khóa lùi lại, có thể đã bị sao chép"),
    "passkey removed": mark("Bỏ khóa truy cập"),
    "password changed": mark("Đổi mật khẩu"),
    "password set by link": mark("Đặt mật khẩu bằng đường dẫn"),
    "reset link made": mark("Tạo đường dẫn đặt lại mật khẩu"),
    "occurrence changed": mark("Sửa riêng một lượt của lịch"),
    "schedule changed": mark("Sửa lịch phát"),
    "schedule ended": mark("Kết thúc lịch phát"),
    "schedule made": mark("Đặt lịch phát"),
    "priority decided": mark("Chọn bản tin ưu tiên phát trước"),
    "priority left": mark("Không ai chọn: bản tin ưu tiên đặt trước phát trước"),
    "announcement read again": mark("Đọc lại bản tin theo từ điển"),
    "lexicon entry removed": mark("Bỏ chữ khỏi từ điển đọc"),
    "lexicon entry set": mark("Ghi chữ vào từ điển đọc"),
    "reading corrected": mark("Sửa cách đọc ở một bản tin"),
    "recording dropped": mark("Bỏ giọng thu sẵn"),
    "recovery code used": mark("Dùng mã dự phòng để đăng nhập"),
    "second factor off": mark("Tắt xác nhận hai bước"),
    "second factor on": mark("Bật xác nhận hai bước"),
    "recording kept": mark("Dùng giọng thu sẵn"),
    "sessions ended": mark("Kết thúc phiên đăng nhập"),
    "sign-ins failed": mark("Đăng nhập không thành"),
    "signed in": mark("Đăng nhập"),
    "silence lifted": mark("Mở lại tiếng"),
    "silence ordered": mark("Im lặng"),
    "speaker admitted": mark("Thêm cụm loa"),
    "speaker changed": mark("Sửa cụm loa"),
    "standing text ended": mark("Thôi dùng lời phát ngay"),
    "standing text made": mark("Đặt lời phát ngay"),
    "standing text set off": mark("Phát bằng lời đã phê duyệt trước"),
    "station changed": mark("Sửa cài đặt của đài"),
    "template dropped": mark("Thôi dùng bản tin làm mẫu"),
    "template kept": mark("Dùng bản tin làm mẫu"),
    "weighty deed agreed": mark("Đồng ý việc cần hai người quản trị"),
    "weighty deed asked": mark("Xin làm việc cần hai người quản trị"),
    "weighty deed withdrawn": mark("Rút lại việc cần hai người quản trị"),
}


def reason_in_words(reason: str, time: str = "?") -> str:
    """Why a delivery ended as it did. `time`: how late it could begin at most, or when it was withdrawn."""
    return _(REASON[reason]).format(time=time) if reason in REASON else reason


Known = TypeVar("Known", bound=str)


def word(words: Mapping[Known, str], key: Known) -> str:
    """The word for a key; the key itself if it isn't known here, because a newer program sent it."""
    return _(words[key]) if key in words else key
