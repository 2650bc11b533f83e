"""What is said about broadcasts: their places and instants, the limits of an area, which goes first, silence."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    "broadcast_unknown": mark("Không có lượt phát này. Xem danh sách lượt phát."),
    "broadcast_not_ours": mark(
        "Văn phòng này không có lượt phát này nên không hủy được. Để cụm loa không phát, giữ im lặng địa bàn đó hoặc "
        "tắt tiếng cụm loa."
    ),
    "too_many_orders_wait": Counted(
        "most", "Chị, anh đã có {most} lượt chờ phê duyệt. Chưa đặt thêm. Hủy bớt, hoặc chờ phê duyệt rồi đặt tiếp."
    ),
    "broadcast_ended": mark("Lượt phát này đã kết thúc, không còn gì để hủy."),
    # Places
    "place_missing": mark("Chọn ít nhất một nơi."),
    "too_many_places": mark("Nhiều nhất {most} nơi trong một lượt phát. Chọn địa bàn cấp trên."),
    # Instants
    "starts_in_the_past": mark("{time} đã qua. Bây giờ là {now}."),
    "starts_too_far_ahead": mark("Đặt trước nhiều nhất {most} ngày."),
    "latest_start_before_start": mark("Giờ trễ nhất phải sau giờ bắt đầu."),
    "expires_before_latest_start": mark("Giờ hết hạn phải sau giờ trễ nhất."),
    "deadline_too_far": mark("Nhiều nhất {most} ngày sau giờ bắt đầu."),
    "starts_in_quiet_hours": mark("{time} nằm trong giờ yên tĩnh ({hours}) của {area}. Chọn từ {from_time} trở đi."),
    "runs_into_quiet_hours": mark(
        "Bắt đầu lúc {time}, dài {minutes} phút {seconds} giây thì lấn vào giờ yên tĩnh ({hours}) của {area}. "
        "Chọn trước {before_time}, hoặc rút ngắn bản tin."
    ),
    # Limits of an area
    "session_limits_fields": mark("Chỉ có: sessions_a_day, minutes_a_session, weekdays."),
    "sessions_a_day_range": mark("Số buổi mỗi ngày từ 1 đến {most}."),
    "minutes_a_session_range": mark("Số phút mỗi buổi từ 1 đến {most}."),
    "weekday_missing": mark("Chọn ít nhất một ngày trong tuần."),
    "not_a_broadcast_day": mark("{weekday} không phải ngày phát của {area}."),
    "too_many_sessions": Counted("most", "Quá {most} buổi phát trong ngày {day} ở {area}."),
    "session_too_long": Counted("most", "Buổi phát này ở {area} dài {minutes} phút, nhiều nhất {most} phút."),
    "monday": mark("Thứ Hai"),
    "tuesday": mark("Thứ Ba"),
    "wednesday": mark("Thứ Tư"),
    "thursday": mark("Thứ Năm"),
    "friday": mark("Thứ Sáu"),
    "saturday": mark("Thứ Bảy"),
    "sunday": mark("Chủ nhật"),
    # Which goes first
    "gives_way_into_quiet_hours": mark("“{title}” phải nhường bản tin ưu tiên khác. {why}"),
    "no_collision": mark("Hai lượt phát này không trùng giờ ở nơi nào. Xem lịch tuần."),
    "priority_stays": mark(
        "“{title}” không thể phát sau: chưa ai phê duyệt cho nó phát vào giờ muộn hơn. Thứ tự vẫn như cũ. Hãy để nó "
        "phát trước, hoặc hủy một trong hai lượt."
    ),
    "priority_closed": mark(
        "Còn chưa đến {minutes} phút là phát, không đổi thứ tự được nữa. Dừng lượt phát nếu không muốn phát."
    ),
    # Silence
    "silence_place_missing": mark("Chọn nơi cần im lặng."),
}
