"""What is counted: the words that make 5/6 a share, and 24/24 so many of so many."""

import re

_COUNTED = re.compile(
    r"\s?(?:(?:tổng )?số |tất cả )?"
    r"(?:hộ|ấp|thôn|xã|phường|khu|tổ|chi bộ|chi hội|chi đoàn|đảng viên|đảng bộ|đại biểu|người|cử tri|trẻ|học sinh|"
    r"trường|tỉnh|huyện|thành viên|chỉ tiêu|tiêu chí|phiếu|cháu|em|buôn|bản|làng|khu vực|đơn vị|hội viên|"
    r"ca|mũi|câu|thị trấn|địa phương|điểm|cơ sở|lớp|bộ|hồ sơ|công trình|dự án|bài|ý kiến|nhà|khóm|tuyến|cán bộ|"
    r"giáo viên|sở|ngành|cụm|nội dung|nhiệm vụ|mục tiêu|đồng chí|sản phẩm|con|cây|cái|chiếc|m2|ha|giờ|ngày)\b"
)


def is_counted(after: str) -> bool:
    """Whether what follows a number, in small letters, is something that is counted."""
    return bool(_COUNTED.match(after))
