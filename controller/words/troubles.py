"""What is wrong and stays wrong until somebody mends it: kept in the database, or told by what watches the station."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    "as_written": "{sentence}",
    # Schedules
    "schedule_unplannable": mark("Lịch này không tính được. Sửa lịch, hoặc báo kỹ thuật viên."),
    "older_words_kept": mark("Vẫn phát lời đã phê duyệt trước: {why}"),
    # Why a clip could not be made, inside a sentence
    "speech_of_other_language": mark(
        "máy chỉ đọc được tiếng Việt; thu lời này bằng giọng người rồi chọn tệp ở “Giọng thu sẵn”"
    ),
    "speech_failed": mark("máy đọc không chạy được ({why})"),
    "engine_missing": mark("chưa cài máy đọc"),
    "engine_hung": mark("máy đọc không trả lời"),
    "engine_died": mark("máy đọc dừng vì lỗi"),
    "engine_offline": mark("không có mạng"),
    "engine_refused": mark("dịch vụ đọc từ chối"),
    "engine_silent": mark("máy đọc không ra tiếng"),
    "engine_broken": mark("tệp giọng đọc hoặc âm thanh bị hỏng"),
    "recording_unreadable": mark("tệp ghi âm không còn đọc được"),
    "clip_crashed": mark("máy chủ gặp lỗi khi làm âm thanh"),
    "clip_without_room": mark("Máy chủ hết chỗ. Gọi kỹ thuật viên; có chỗ rồi thì tự làm lại"),
    # The line to the broker, inside a sentence
    "broker_not_tried": mark("chưa kết nối"),
    "broker_unreachable": mark("không nối được: {detail}"),
    "broker_refuses": mark("máy chủ không nhận: {detail}"),
    "broker_lost": mark("đường truyền vừa đứt, đang nối lại"),
    # Health
    "database_silent": mark("Cơ sở dữ liệu không trả lời: {detail}. Gọi kỹ thuật viên."),
    "broker_cut_off": mark(
        "Văn phòng mất liên lạc với máy chủ truyền tin ({why}). Lệnh mới chưa đến được cụm loa. Lượt phát đã gửi vẫn "
        "phát đúng giờ."
    ),
    "disk_full": mark("Máy chủ hết chỗ. Chưa lưu. Gọi kỹ thuật viên."),
    "request_crashed": mark("Chưa làm được, không có gì bị đổi. Gửi lại; vẫn lỗi thì gọi kỹ thuật viên."),
}
