"""What is said about schedules: their rules, single occurrences, and holidays."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    "schedule_unknown": mark("Không có lịch phát này. Xem danh sách lịch phát."),
    "schedule_over": mark("Lịch này đã hết: không còn lượt nào sau bây giờ."),
    "schedule_too_dense": mark("Quá dày: một lịch nhiều nhất {most} lượt mỗi ngày. Chia thành vài lịch."),
    "schedule_only_holidays": mark("Mọi lượt của lịch này rơi vào ngày nghỉ. Bỏ chọn ngày lễ, hoặc chọn ngày khác."),
    # Rules
    "rule_unreadable": mark("Quy tắc lặp lại này không đọc được: {part}"),
    "rule_too_often": mark("Lặp lại quá dày: hai lượt phải cách nhau ít nhất năm phút."),
    "rule_never": mark("Theo quy tắc này thì không có ngày nào phát. Xem lại ngày và thứ."),
    "rule_ends_before_it_begins": mark("Ngày kết thúc phải sau ngày bắt đầu."),
    "rule_two_ends": mark("Chỉ ghi một ngày kết thúc: trong quy tắc, hoặc ở ô kết thúc."),
    "time_zone_unknown": mark("Không có múi giờ này. Ví dụ đúng: Asia/Ho_Chi_Minh."),
    "rule_too_many": mark("Nhiều quá. Bớt lại, hoặc chia thành hai lịch."),
    "date_too_far": mark("Ngày này quá xa."),
    "time_not_local": mark("Ghi giờ địa phương, không có chữ Z và không có múi giờ."),
    # One occurrence
    "occurrence_unknown": mark("Lịch này không có lượt nào vào giờ đó. Xem lại các lượt sắp tới."),
    "occurrence_name": mark("Lượt của lịch gọi bằng giờ địa phương của nó, ví dụ 2026-11-30T17:00:00."),
    "occurrence_one_change": mark("Lượt này hoặc bỏ, hoặc dời, hoặc đổi bản tin: chọn một."),
    "occurrence_begun": mark("Lượt này đã đến giờ phát, không đổi được nữa. Muốn phát thêm thì đặt một lượt riêng."),
    "occurrence_in_the_past": mark("Giờ này đã qua. Chọn giờ sau bây giờ."),
    "occurrence_moved_too_far": mark("Dời được nhiều nhất {most} ngày. Xa hơn thì đặt một lượt riêng."),
    "no_such_local_time": mark("Ngày đó không có {time}: đồng hồ được vặn qua giờ này."),
    "time_range_too_long": mark("Xem nhiều nhất {most} ngày một lần."),
    # Holidays
    "year_range": mark("Chọn năm từ {first} đến {last}."),
    "holiday_of_another_year": mark("Mọi ngày nghỉ ở đây phải thuộc năm {year}."),
    "too_many_holidays": mark("Nhiều nhất {most} ngày nghỉ trong một năm."),
}
