"""What is said about announcements: their text, how it is read, their sound, and a second person's approval."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    "announcement_unknown": mark("Không có bản tin này. Xem danh sách bản tin."),
    "announcement_changed_not_saved": mark(
        "Bản tin đã được sửa từ khi mở trang này. Chưa lưu. Mở lại bản tin rồi sửa."
    ),
    "announcement_changed_not_submitted": mark(
        "Bản tin đã được sửa từ khi mở trang này. Chưa gửi. Xem lại lời mới rồi gửi."
    ),
    "announcement_changed_not_corrected": mark("Bản tin đã được sửa từ khi mở trang này. Xem lại cách đọc."),
    "announcement_changed_not_ordered": mark("Bản tin đã đổi sau khi nghe. Nghe lại rồi đặt."),
    # Its text
    "text_missing": mark("Cần nhập lời thông báo trước."),
    "title_missing": mark("Cần đặt tên cho bản tin."),
    "text_too_long": mark("Dài {length} ký tự, nhiều nhất {most}. Chia thành hai bản tin."),
    "title_too_long": mark("Dài {length} ký tự, nhiều nhất {most}."),
    "text_control_character": mark("Ký tự thứ {place} là ký tự điều khiển, không đọc được. Xóa ký tự đó."),
    "bulletin_class_missing": mark("Chọn loại bản tin."),
    "language_missing": mark("Chọn tiếng."),
    "reason_too_short": mark("Ghi rõ lý do, ít nhất {least} ký tự."),
    # How it is read
    "text_unread": mark("“{text}” chưa đọc được. Phải sửa thì mới gửi phê duyệt được."),
    "text_unread_not_confirmed": mark("“{text}” chưa đọc được. Ghi cách đọc, hoặc bỏ đi."),
    "doubt_unconfirmed": mark("Xem lại “{text}” rồi xác nhận ({kind}) trước khi gửi phê duyệt."),
    "correction_unknown": mark("Chỗ sửa này không còn. Xem lại cách đọc."),
    "correction_missing": mark("Bấm một trong các nút ở chỗ cần sửa."),
    "correction_misplaced": mark("“{text}” không còn ở chỗ đó, hoặc đã được đọc khác. Xem lại cách đọc rồi sửa."),
    "too_many_corrections": mark("Đã sửa cách đọc ở {most} chỗ, nhiều nhất. Ghi vào từ điển, hoặc sửa văn bản."),
    "spoken_missing": mark("Ghi lời đọc bằng chữ."),
    "spoken_too_long": mark("Lời đọc dài nhất {most} ký tự."),
    "spoken_sign": mark("Lời đọc có “{sign}”, máy không đọc được. Ghi bằng chữ."),
    "spoken_not_spelled_out": mark("Lời đọc phải viết đủ chữ, vì máy không đọc lại lần nữa. Ghi “{words}”."),
    # The lexicon
    "lexicon_entry_unknown": mark("Không có chữ này trong từ điển; có thể ai đó vừa bỏ. Xem lại từ điển."),
    "lexicon_entry_exists": mark("“{written}” đã có trong từ điển. Sửa ở dòng đó."),
    "lexicon_of_own_part": mark("{officer} chỉ phụ trách một phần. Ghi vào từ điển của địa bàn đó."),
    "lexicon_full": mark("Từ điển đã có {most} chữ, nhiều nhất. Bỏ bớt những chữ không dùng."),
    "written_missing": mark("Ghi chữ như viết trong văn bản, trên một dòng."),
    "written_too_long": mark("Chữ viết dài nhất {most} ký tự."),
    "written_everywhere": mark("Một mình “{written}” thì có ở khắp nơi. Ghi cả chữ đứng cạnh nó."),
    "written_only_marks": mark("“{written}” là dấu câu, có ở khắp nơi. Ghi cả chữ đứng cạnh nó."),
    "written_formula": mark("“{written}” là công thức của bảng tính, không phải chữ."),
    "beside_too_long": mark("Chữ đứng gần dài nhất {most} ký tự."),
    "lexicon_file_missing": mark("Cần chọn tệp CSV trước."),
    "lexicon_file_too_large": mark("Tệp lớn quá {most_mb} MB. Chia thành nhiều tệp."),
    "lexicon_file_not_utf8": mark("Tệp không phải văn bản UTF-8. Ở Excel: Lưu thành “CSV UTF-8”."),
    "lexicon_file_not_csv": mark("Dòng {line} không phải CSV ({detail}). Chưa ghi dòng nào."),
    "lexicon_file_columns": mark("Thiếu cột: cần “chữ viết” và “cách đọc”."),
    "lexicon_file_line": mark("Dòng {line}: {why} Chưa ghi dòng nào của tệp."),
    "lexicon_file_too_many_lines": mark(
        "Quá {most} dòng một tệp. Chưa ghi dòng nào. Chia thành nhiều tệp, bỏ dòng trùng."
    ),
    "lexicon_file_fills_it": mark("Quá {most} chữ một địa bàn. Chưa ghi dòng nào. Bỏ bớt những chữ không dùng."),
    # Its voice and its sound
    "voice_missing": mark("Chọn giọng đọc."),
    "speed_missing": mark("Chọn tốc độ."),
    "voice_unknown": mark("Không có giọng này. Chọn giọng trong danh sách."),
    "voice_unusable": mark("Giọng này không chạy được ({why}). Gọi kỹ thuật viên."),
    "google_voice_off": mark(
        "Đài chưa cho dùng giọng Google. Chọn giọng khác, hoặc nhờ quản trị bật ở Cài đặt của đài."
    ),
    "google_voice_too_slow": mark("Bản tin khẩn cấp không chờ mạng, không dùng giọng Google. Chọn giọng khác."),
    "numbers_would_leave_country": mark(
        "Lời có “{number}”. Dùng giọng Google thì số đó đi ra nước ngoài. Đồng ý thì tích vào ô dưới giọng đọc; "
        "không thì chọn giọng khác."
    ),
    "sound_being_made": mark("Âm thanh đang được chuẩn bị. Chờ một lát rồi làm lại."),
    "sound_failed": mark("Chưa làm được âm thanh: {why}. Sửa rồi làm lại."),
    "recording_too_large": mark("Tệp lớn quá {most_mb} MB. Chia thành hai bản tin."),
    "recording_too_long": mark("Bản ghi dài quá {most_minutes} phút. Chia thành hai bản tin."),
    "recording_not_audio": mark("Tệp này không phải âm thanh đọc được. Dùng WAV, MP3, M4A, Opus hoặc FLAC."),
    "announcement_of_station": mark(
        "Bản tin này của cả đài. {officer} xem và chép được, không sửa được. Chép thành bản tin của mình rồi sửa."
    ),
    "announcement_of_other_area": mark(
        "Bản tin này của {area}. {officer} xem và chép được, không sửa được. Chép thành bản tin của mình rồi sửa."
    ),
    "version_unknown": mark("Bản tin này không có bản ấy. Xem các bản trước của bản tin."),
    "version_without_text": mark("Lời của bản này không còn lưu. Chọn bản khác, hoặc soạn lại."),
    "version_missing": mark('Ghi bản đã xem vào If-Match, ví dụ If-Match: "3". Xem trường version của bản tin.'),
    # Approval
    "not_submitted": mark("Bản tin chưa được gửi phê duyệt, hoặc đã đổi sau khi gửi. Nhờ người soạn gửi lại."),
    "sound_changed_since_heard": mark("Âm thanh đã đổi sau khi nghe. Nghe lại rồi phê duyệt."),
    "own_announcement": mark("Người soạn không tự phê duyệt được. Nhờ người thứ hai nghe và phê duyệt."),
    "writers_link_is_new": mark(
        "Người soạn mới đặt mật khẩu bằng đường dẫn chị, anh tạo, nên chị, anh chưa phê duyệt được bản tin của "
        "người ấy. Nhờ người khác phê duyệt, hoặc đợi đủ 24 giờ từ khi đó."
    ),
    "own_link_is_new": mark(
        "Chị, anh mới đặt mật khẩu bằng đường dẫn của người có thể đã soạn hoặc đặt lượt này, nên chưa phê duyệt được "
        "lượt này. Nhờ người khác phê duyệt, hoặc đợi đủ 24 giờ từ khi đó."
    ),
    "manifests_missing": mark("Ghi rõ phê duyệt những gì: tên bản kê của từng lượt. Xem /approvals."),
    "manifest_unknown": mark("Không có bản kê này. Xem lại trang phê duyệt."),
    "order_changed_meanwhile": mark(
        "Lượt phát đã đổi sau khi mở trang, hoặc không còn chờ. Chưa có gì được phê duyệt. Xem lại rồi quyết định."
    ),
    "standing_hours_missing": mark(
        "Chưa ghi giờ được phát. Ghi từ mấy giờ đến mấy giờ, ví dụ 06:00 đến 20:00; cả ngày thì 00:00 đến 23:59."
    ),
    "standing_until_past": mark("Ngày hết hiệu lực đã qua. Chọn ngày khác."),
    "standing_not_submitted": mark("Bản tin chưa được gửi phê duyệt. Gửi trước, rồi đặt làm lời phát ngay."),
    "standing_unknown": mark("Không có lời phát ngay này, hoặc đã thôi dùng. Xem lại trang lời phát ngay của bản tin."),
    "nothing_to_review": mark("Lượt này không phát bằng lời đã phê duyệt trước, không cần xem lại."),
    "own_use_of_standing_text": mark("Người đã cho phát không tự xem lại được. Nhờ người thứ hai."),
    "what_to_mend_missing": mark("Ghi ít nhất một điều cần sửa, ví dụ: “sai ngày họp”."),
    "no_longer_waiting": mark("Bản tin không còn chờ phê duyệt. Xem lại trang phê duyệt."),
    "no_approval_to_withdraw": mark("Bản tin này không có phê duyệt để rút lại."),
}
