"""What is said about the station: officers and who may do what, areas, speakers; and the titles of refusals."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    # Titles
    "refused": mark("Không làm được"),
    "not_found": mark("Không có"),
    "invalid": mark("Dữ liệu chưa đúng"),
    "conflict": mark("Chưa làm được lúc này"),
    "forbidden": mark("Không được phép"),
    "not_signed_in": mark("Chưa đăng nhập"),
    "slow_down": mark("Thử quá nhiều lần"),
    "overloaded": mark("Máy chủ đang bận"),
    "no_room": mark("Máy chủ hết chỗ"),
    "session_over": mark("Phiên đăng nhập đã hết"),
    "server_failed": mark("Lỗi của máy chủ"),
    # Who asks
    "sign_in_first": mark("Cần đăng nhập trước."),
    "sign_in_again": mark("Phiên đăng nhập đã hết hoặc mã truy cập chưa đúng. Đăng nhập lại."),
    "session_over_draft_kept": mark("Phiên đăng nhập đã hết. Bản nháp còn nguyên. Đăng nhập lại."),
    "token_missing": mark("Gửi kèm “Authorization: Bearer …”; lấy mã ở POST /api/v1/sessions."),
    "wrong_name_or_password": mark(
        "Tên hoặc mật khẩu chưa đúng. Xem bộ gõ tiếng Việt có đang bật không: nó có thể đã thêm dấu vào mật khẩu. "
        "Xem cả phím Caps Lock."
    ),
    "too_many_attempts": Counted(
        "seconds",
        "Vừa có quá nhiều lần nhập sai mật khẩu. Lần này chưa được xem đến. Chờ {seconds} giây rồi thử lại.",
    ),
    "too_many_waiting": Counted(
        "seconds", "Nhiều yêu cầu khác đang chờ. Yêu cầu này chưa được làm. Chờ {seconds} giây rồi thử lại."
    ),
    "role_lacking": mark(
        "Việc này cần vai trò {role}. {officer} chưa có vai trò đó ở địa bàn nào. Nhờ người quản trị của đài."
    ),
    "role_lacking_in_area": mark(
        "Việc này cần vai trò {role} ở {area}. {officer} chưa có vai trò đó ở địa bàn này. Nhờ cán bộ phụ trách địa "
        "bàn đó."
    ),
    "role_lacking_in_station": mark(
        "Việc này cần vai trò {role} của toàn đài. {officer} chưa có vai trò đó. Nhờ người quản trị toàn đài."
    ),
    "role_viewer": mark("người xem"),
    "role_editor": mark("biên tập"),
    "role_approver": mark("lãnh đạo phê duyệt"),
    "role_administrator": mark("quản trị"),
    # Officers
    "officer_unknown": mark("Không có cán bộ này. Xem danh sách cán bộ."),
    "own_account": mark("Không tự khóa tài khoản của mình được. Nhờ người quản trị khác."),
    "deputy_needs_own_role": mark(
        "Chỉ người có vai trò {role} của chính mình mới ủy quyền được. {officer} không có vai trò đó."
    ),
    "deputy_missing": mark("Chọn cán bộ phê duyệt thay."),
    "deputy_is_oneself": mark("Không tự ủy quyền cho mình được. Chọn một cán bộ khác."),
    "deputy_disabled": mark("Tài khoản của {officer} đang khóa. Chọn một cán bộ khác."),
    "deputy_day_past": mark("Ngày cuối đã qua. Chọn từ hôm nay trở đi."),
    "deputy_too_long": Counted(
        "most", "Ủy quyền nhiều nhất {most} ngày. Vắng lâu hơn thì nhờ người quản trị giao vai trò cho người khác."
    ),
    "deputy_ends_before_begin": Counted(
        "hours",
        "Người được chọn chưa có vai trò lãnh đạo, nên ủy quyền có hiệu lực sau {hours} giờ. Chọn ngày cuối muộn hơn, "
        "hoặc chọn một lãnh đạo khác.",
    ),
    "deputy_unknown": mark("Không có lần ủy quyền này. Xem trang “Ủy quyền phê duyệt”."),
    "deputy_begins_by_another": mark(
        "Việc này cần một người quản trị khác: không phải người ủy quyền, cũng không phải người được ủy quyền."
    ),
    "deputy_not_waiting": mark("Lần ủy quyền này đã có hiệu lực hoặc đã hết. Không có gì bị đổi."),
    "username_form": mark("Tên đăng nhập viết liền, chữ thường không dấu, chữ số và dấu . _ - @, nhiều nhất 64 ký tự."),
    "username_taken": mark("Tên đăng nhập “{username}” đã có người dùng. Chưa thêm ai. Chọn tên khác."),
    "password_too_short": mark("Mật khẩu cần ít nhất {least} ký tự."),
    "present_password_wrong": mark("Mật khẩu hiện nay chưa đúng. Mật khẩu chưa đổi. Nhập lại."),
    "passwords_unlike": mark("Hai lần nhập không giống nhau. Mật khẩu chưa đổi. Nhập lại."),
    "password_changed_meanwhile": mark(
        "Vừa lúc đó mật khẩu đã được đổi ở nơi khác, hoặc tài khoản đã bị khóa. Lần này chưa đổi gì. Đăng nhập lại."
    ),
    "link_unknown": mark(
        "Đường dẫn này không đúng: có thể chép thiếu. Chưa đổi gì. Mở lại đúng đường dẫn đã nhận, hoặc nhờ người quản "
        "trị tạo đường dẫn mới."
    ),
    "link_used": mark(
        "Đường dẫn này đã dùng một lần. Lần này chưa đổi gì. Đăng nhập bằng mật khẩu đã đặt. Không phải chị, anh đã "
        "dùng thì báo ngay người quản trị."
    ),
    "link_replaced": mark(
        "Đường dẫn này đã được thay bằng đường dẫn mới hơn. Chưa đổi gì. Mở đường dẫn nhận sau cùng."
    ),
    "link_waits": mark(
        "Đường dẫn này chưa dùng được: tài khoản có quyền phê duyệt hoặc quản trị, nên phải chờ một người quản trị "
        "khác đồng ý, hoặc chờ 24 giờ. Chưa đổi gì. Mở lại sau."
    ),
    "link_expired": mark("Đường dẫn này đã quá hạn. Chưa đổi gì. Nhờ người quản trị tạo đường dẫn mới."),
    "link_of_disabled": mark("Tài khoản của {officer} đang khóa. Chưa đổi gì. Nhờ người quản trị mở lại trước."),
    "link_while_signed_in": mark(
        "Trình duyệt này đang đăng nhập bằng tài khoản của {officer}. Đường dẫn chưa được dùng. Đăng xuất rồi mở lại "
        "đường dẫn."
    ),
    "code_wrong": mark(
        "Mã chưa đúng, đã dùng rồi hoặc đã quá hạn. Chờ mã mới trên điện thoại rồi nhập lại. Nếu vẫn sai, xem giờ của "
        "điện thoại có đúng không, hoặc dùng mã dự phòng."
    ),
    "code_needed": mark("Tài khoản này bật xác nhận hai bước. Gửi kèm “code”: mã trên điện thoại hoặc mã dự phòng."),
    "half_way_over": mark("Quá lâu từ lúc nhập mật khẩu. Nhập lại tên và mật khẩu."),
    "second_factor_is_on": mark("Xác nhận hai bước đang bật. Muốn đổi điện thoại thì tắt trước, rồi bật lại."),
    "second_factor_not_begun": mark("Chưa có khóa nào chờ xác nhận. Bắt đầu lại ở trang “Tài khoản của tôi”."),
    "second_factor_required": mark(
        "Đài yêu cầu người phê duyệt bật xác nhận hai bước. Chưa phê duyệt. Bấm vào tên mình ở đầu trang, bật xác nhận "
        "hai bước hoặc thêm một khóa truy cập rồi đăng nhập bằng khóa đó, rồi phê duyệt lại."
    ),
    "passkey_wrong": mark(
        "Khóa truy cập chưa đúng, đã bị bỏ, hoặc quá lâu từ lúc bấm. Chưa đăng nhập. Bấm lại; nếu vẫn không được thì "
        "đăng nhập bằng mật khẩu."
    ),
    "passkey_not_made": mark(
        "Khóa truy cập chưa tạo được, hoặc quá lâu từ lúc nhập mật khẩu. Chưa thêm khóa nào. Nhập lại mật khẩu để làm "
        "lại."
    ),
    "passkey_there_already": mark("Khóa truy cập này đã có. Lần này chưa đổi gì."),
    "passkeys_too_many": Counted(
        "most", "Mỗi tài khoản có nhiều nhất {most} khóa truy cập. Chưa thêm khóa nào. Bỏ bớt một khóa rồi thêm lại."
    ),
    "passkeys_not_here": mark(
        "Khóa truy cập chưa dùng được ở đài này: trang của đài phải có tên miền và HTTPS. Chưa đổi gì. Đăng nhập bằng "
        "mật khẩu; nhờ kỹ thuật viên của đài nếu muốn dùng."
    ),
    "own_charge": mark("Không tự đổi vai trò của mình được. Nhờ người quản trị khác."),
    "deed_unknown": mark("Không có việc này. Xem trang “Việc cần hai người quản trị”."),
    "deed_settled": mark("Việc này đã có hiệu lực hoặc đã được rút lại. Lần này không đổi gì."),
    "deed_needs_another": mark(
        "Cần một người quản trị khác đồng ý: không phải người đã xin, cũng không phải người được nói đến. Chưa đổi gì."
    ),
    "deed_askers_charge_ended": mark(
        "Người xin việc này không còn là người quản trị ở đó. Chưa đổi gì. Rút lại, rồi xin lại nếu vẫn cần."
    ),
    "own_link": mark("Tài khoản của mình thì đổi mật khẩu ở trang “Tài khoản của tôi”. Chưa tạo đường dẫn nào."),
    "session_unknown": mark("Không có phiên đăng nhập này, hoặc phiên đã hết. Xem lại danh sách ở trang tài khoản."),
    "role_missing": mark("Chọn vai trò."),
    # Areas
    "area_unknown": mark("Không có địa bàn “{area}”. Xem danh sách địa bàn."),
    "area_name_of_several": mark("Nhiều địa bàn có tên “{area}”. Gõ mã của một trong số đó: {listed}."),
    "area_within_itself": mark("Một địa bàn không thể nằm trong chính nó."),
    "area_too_deep": mark("Địa bàn lồng nhau nhiều nhất {most} cấp."),
    "quiet_hours_too_many": Counted("most", "Nhiều nhất {most} khoảng giờ yên tĩnh."),
    "quiet_hours_form": mark("Viết như 21:30–05:00; nhiều khoảng thì cách nhau bằng dấu phẩy."),
    # Speakers
    "speaker_unknown": mark("Không có cụm loa “{speaker}”. Xem danh sách cụm loa."),
    "speaker_id_form": mark("Mã cụm loa gồm 1 đến 64 chữ thường không dấu, chữ số và dấu gạch ngang."),
    "speaker_id_taken": mark("Mã cụm loa “{speaker}” đã có. Chọn mã khác, hoặc cấp mật khẩu mới cho cụm loa đó."),
    "speaker_id_reserved": mark("Trang này dùng mã “moi” cho việc khác. Chọn mã khác."),
}
