"""The lines of `loa-controller check`: what was looked at, and what to do about it, small at the head of both."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    # What is looked at
    "check_settings": mark("cài đặt"),
    "check_data_folder": mark("thư mục dữ liệu {folder}"),
    "check_database": mark("cơ sở dữ liệu"),
    "check_keys": mark("khóa ký"),
    "check_second_key": mark("khóa dự phòng"),
    "check_broker": mark("máy chủ truyền tin {host}:{port}"),
    "check_password_file": mark("tệp mật khẩu của máy chủ truyền tin"),
    "check_espeak": mark("giọng đọc eSpeak NG"),
    "check_no_piper": mark("giọng đọc Piper (không dùng; muốn dùng thì đặt piper_voice, xem docs/install.md)"),
    "check_piper": mark("giọng đọc Piper {file}, {known_by}; giấy phép của giọng do đài tự chịu trách nhiệm"),
    "piper_hash": "SHA-256 {begins}…",
    "piper_file_missing": mark("không thấy tệp"),
    "check_clock": mark("đồng hồ"),
    "check_clock_kept": mark("đồng hồ (đài tự giữ đúng giờ; máy này đang là {time} ngày {date})"),
    "check_google_on": mark("giọng đọc Google (bật: lời bản tin được gửi ra nước ngoài)"),
    "check_google_off": mark("giọng đọc Google (tắt)"),
    "check_officers": mark("cán bộ"),
    "check_one_officer": mark("cán bộ (một cán bộ tự phê duyệt, theo văn bản: {reason})"),
    "check_clips": mark("tệp âm thanh của các lượt phát sắp tới"),
    # What to do about it
    "drop_test_clock": mark("bỏ test_clock (LOA_TEST_CLOCK): giờ đang do một phép thử điều khiển, không phải giờ thật"),
    "demo_accounts": mark('broker_accounts = "demo" chỉ để xem thử; một đài thật dùng Mosquitto (docs/install.md)'),
    "broker_in_the_clear": mark("bật broker_tls: máy chủ truyền tin ở máy khác mà đường truyền không mã hóa"),
    "pages_in_the_clear": mark(
        'đặt host = "127.0.0.1" sau một máy chủ HTTPS và bật https: mật khẩu cán bộ đang đi không mã hóa'
    ),
    "data_folder_missing": mark("chưa có: chạy loa-controller serve một lần, hoặc sửa LOA_DATA_DIR"),
    "data_folder_read_only": mark("không ghi được ({detail}): trao quyền ghi cho người dùng chạy văn phòng"),
    "little_room": mark("chỉ còn trống {free_mib} MiB: dọn để có ít nhất {least_mib} MiB"),
    "database_missing": mark("chưa có: chạy loa-controller migrate"),
    "database_unanswering": mark("không trả lời ({detail}): xem LOA_DATABASE_URL và máy chủ cơ sở dữ liệu"),
    "database_outdated": mark("ở phiên bản {there}, phần mềm cần {wanted}: chạy loa-controller migrate"),
    "keys_lost": mark("mất, mà cụm loa chỉ tin khóa cũ: khôi phục thư mục keys từ bản sao lưu"),
    "keys_not_made": mark("chưa có: chạy loa-controller serve một lần để tạo"),
    "keys_unusable": mark("không dùng được ({why}): khôi phục thư mục keys từ bản sao lưu"),
    "keys_foreign": mark("không phải khóa đã giao cho cụm loa: khôi phục thư mục keys từ bản sao lưu"),
    "keys_open": mark("người khác đọc được: chmod 600 {files}"),
    "second_key_here": mark("còn ở máy này: loa-controller key export FILE ra USB, rồi cất vào két của xã"),
    "no_office_password": mark("chưa có mật khẩu của văn phòng: chạy loa-controller serve một lần để tạo"),
    "broker_untried": mark("không thử được ({detail})"),
    "broker_keeps_out": mark("{why}: xem Mosquitto có chạy không, có đọc tệp mật khẩu do văn phòng ghi không"),
    "office_unanswering": mark("văn phòng đang chạy mà cổng {port} không trả lời ({detail}): xem LOA_HOST, LOA_PORT"),
    "password_file_unset": mark("đặt broker_password_file (LOA_BROKER_PASSWORD_FILE): tệp mà máy chủ truyền tin đọc"),
    "password_folder_read_only": mark(
        "không ghi được vào {folder}: tạo thư mục, trao quyền ghi cho người dùng chạy văn phòng"
    ),
    "piper_fails": mark("{todo} ({detail})"),
    "piper_install": mark(
        "chép {file} và {file}.json vào {folder}, cài thêm: pip install -c constraints.txt '.[controller,piper]'"
    ),
    "piper_replace": mark("tệp giọng hỏng, hoặc khác tệp đã cho phép ở piper_voice_sha256: chép lại tệp đúng"),
    "piper_again": mark("chạy lại; vẫn vậy thì chép lại tệp giọng"),
    "espeak_fails": mark("không đọc được ({detail}): cài gói espeak-ng của Debian"),
    "clock_undisciplined": mark(
        "chưa được đồng bộ: bật bằng timedatectl set-ntp true; nơi không có máy chủ giờ thì chỉnh bằng tay cho đúng, "
        'rồi đặt clock = "system" (docs/install.md)'
    ),
    "no_administrator": mark("chưa có người quản trị: loa-controller officer add --role administrator …"),
    "no_second_person": mark(
        "mới có một người, mà bản tin cần người thứ hai phê duyệt: loa-controller officer add --role approver …"
    ),
    "clips_damaged": Counted("count", "{count} tệp thiếu hoặc hỏng ({first}…): khôi phục thư mục clips từ bản sao lưu"),
}
