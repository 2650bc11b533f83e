"""What the commands say to a technician about settings, keys, files and the database of this machine."""

from controller.words.translation import Counted, mark

SENTENCES: dict[str, str | Counted] = {
    # Settings
    "settings_unreadable": "LOA_SETTINGS={file}: {detail}",
    "setting_wrong": mark("{name} (hoặc {variable}): {why}."),
    "ca_not_pem": mark("ghi một chứng thư dạng PEM, là văn bản ASCII"),
    "password_file_missing": mark("ghi nơi máy chủ truyền tin đọc tệp mật khẩu"),
    # Keys
    "keys_restore": mark("Khôi phục thư mục keys từ bản sao lưu (docs/install.md)."),
    "keys_unreadable": mark("Không đọc được khóa ký trong {folder} ({detail}). {restore}"),
    "keys_not_first": mark("{file} không phải khóa đầu của {listed}: không cụm loa nào tin. {restore}"),
    "keys_list_missing": mark("Thiếu {file}, mà khóa dự phòng đã được chép ra khỏi máy này. {restore}"),
    "keys_not_given": mark(
        "Khóa ký trong {folder} không phải khóa đã giao cho cụm loa: không cụm loa nào tin. {restore}"
    ),
    "second_key_gone": mark(
        "Khóa dự phòng không còn ở máy này: đã chép ra trước đây, hoặc văn phòng chưa chạy lần nào."
    ),
    # Running
    "folder_in_use": mark("Thư mục {folder} đang được một chương trình khác của đài dùng. Dừng chương trình đó trước."),
    "port_taken": mark("Không mở được cổng {port} ở {host} ({detail}). Chọn cổng khác bằng LOA_PORT."),
    "database_unusable": mark("Cơ sở dữ liệu không dùng được ({detail}). Xem LOA_DATA_DIR hoặc LOA_DATABASE_URL."),
    "database_of_other_version": mark(
        "Cơ sở dữ liệu do một phiên bản phần mềm khác tạo ra ({detail}). Cập nhật phần mềm này trước."
    ),
    "file_unusable": mark("Không đọc hoặc ghi được {file}: {detail}."),
    "file_unnamed": mark("tệp"),
    "no_keyboard": mark("Không có bàn phím để hỏi mật khẩu. Dùng --password-file."),
    "passwords_differ": mark("Hai lần nhập không giống nhau. Chưa thêm. Làm lại."),
    # The demonstration
    "demo_of_other_version": mark("{folder} do phiên bản khác tạo ra ({detail}). Chọn thư mục khác: LOA_DATA_DIR=…"),
    "demo_port_taken": mark(
        "Không dùng được cổng {port} của {host} ({detail}). Chọn cổng khác: LOA_PORT=8001 make demo"
    ),
    "demo_child_ended": mark("{program} đã dừng. Cuối các nhật ký:\n{last_words}"),
    "demo_not_ready": mark("Sau {seconds} giây vẫn chưa sẵn sàng. Cuối các nhật ký:\n{last_words}"),
    # Backup and restore
    "no_station_data": mark("Không có dữ liệu của đài trong {folder}. Xem LOA_DATA_DIR."),
    "no_database": mark("Không có cơ sở dữ liệu {file}. Xem LOA_DATA_DIR."),
    "database_not_migrated": mark("Cơ sở dữ liệu chưa theo phiên bản phần mềm này. Chạy loa-controller migrate trước."),
    "station_there": mark(
        "{folder} (hoặc cơ sở dữ liệu) đang có dữ liệu của một đài. Thêm --replace để thay; dữ liệu cũ được giữ lại "
        "bên cạnh."
    ),
    "backup_foreign_part": mark("{file} có phần không phải của bản sao lưu: {part}. Dùng tệp khác."),
    "backup_broken": mark("{file} bị hỏng ({detail}). Dữ liệu đang có giữ nguyên. Dùng bản sao lưu khác."),
    "backup_not_whole": mark("{file} không phải bản sao lưu nguyên vẹn. Dữ liệu đang có giữ nguyên. Dùng tệp khác."),
    "backup_part_broken": mark("{file} bị hỏng ở {part}. Dữ liệu đang có giữ nguyên. Dùng bản sao lưu khác."),
    "backup_of_newer_version": mark("{file} do phiên bản phần mềm mới hơn làm ra ({detail}). Cập nhật phần mềm trước."),
}
