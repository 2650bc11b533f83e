"""What the office refuses, and why. Each error says, in the officer's language, what happened and what to do next.

OfficeError             the request is refused, nothing was changed
├── NotFound            no such thing (404)
├── Invalid             a field can't be so (422): `field` names it
├── Conflict            not in this state (409)
├── Forbidden           not by this person (403)
├── NotSignedIn         nobody known (401)
├── TooManyAttempts     wrong passwords too fast (429): `retry_after_s`
└── NoRoom              the disk is full (507)
"""


class OfficeError(Exception):
    """A request that is refused. The message is for the person who made it."""

    status = 400
    title = "Không làm được"


class NotFound(OfficeError):
    """What the path names doesn't exist."""

    status = 404
    title = "Không có"


class Invalid(OfficeError):
    """A field of the request can't be so."""

    status = 422
    title = "Dữ liệu chưa đúng"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Conflict(OfficeError):
    """It can't be done in the state that things are in."""

    status = 409
    title = "Chưa làm được lúc này"


class Forbidden(OfficeError):
    """This person may not do it."""

    status = 403
    title = "Không được phép"


class NotSignedIn(OfficeError):
    """Nobody known asks."""

    status = 401
    title = "Chưa đăng nhập"


class TooManyAttempts(OfficeError):
    """Too many wrong passwords."""

    status = 429
    title = "Thử quá nhiều lần"

    def __init__(self, retry_after_s: int) -> None:
        minutes = -(-retry_after_s // 60)
        super().__init__(f"Sai mật khẩu quá nhiều lần. Chờ {minutes} phút rồi thử lại.")
        self.retry_after_s = retry_after_s


class NoRoom(OfficeError):
    """The disk is full."""

    status = 507
    title = "Máy chủ hết chỗ"

    def __init__(self) -> None:
        super().__init__("Máy chủ hết chỗ. Chưa lưu. Gọi kỹ thuật viên.")
