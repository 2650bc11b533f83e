"""The command `loa-controller`: serve, set up and maintain the station. Its language is LOA_LANGUAGE: vi or en."""

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from controller.broker import keys
from controller.database.column_types import ROLES
from controller.database.migrations import bring_up_to_date
from controller.errors import Invalid, OfficeError
from controller.people.accounts import add_officer
from controller.places.areas import add_area
from controller.places.enrolment import make_enrolment
from controller.places.speakers import admit_speaker
from controller.running.clock import clock_of
from controller.running.off_air import off_air
from controller.settings import OfficeSettings
from controller.station.audit import SystemUser
from controller.upkeep.backup import back_up
from controller.upkeep.restore import restore
from controller.upkeep.silencing import silence
from controller.words.numbers import counted, decimal, number
from controller.words.phrases import Phrase, PhrasedError
from controller.words.preference import of_environment
from controller.words.translation import _, speaking

Run = Callable[[OfficeSettings, argparse.Namespace], int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    with speaking(of_environment()):
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    parsed = make_parser().parse_args(arguments)
    os.umask(0o077)  # files written here are for the office's user alone: keys, password hashes, tokens
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = OfficeSettings.read()
        status: int | None = parsed.run(settings, parsed)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        return _failed(Phrase("database_unusable", detail=reason))
    except CommandError as error:
        return _failed(Phrase("database_of_other_version", detail=str(error)))
    except Invalid as error:
        return _failed(f"{error.field}: {error}")
    except PhrasedError as error:
        return _failed(error.phrase)
    except OSError as error:
        file = Phrase("file_unnamed") if error.filename is None else str(error.filename)
        return _failed(Phrase("file_unusable", file=file, detail=str(error.strerror)))
    return status or 0


def _failed(sentence: Phrase | str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="loa-controller",
        description=_(
            "Phần mềm văn phòng của đài truyền thanh xã. Cài đặt lấy từ biến môi trường LOA_… hoặc từ tệp TOML ghi "
            "trong LOA_SETTINGS."
        ),
    )
    commands = _Commands(parser, "")
    commands.add("serve", _serve, _("chạy văn phòng và các trang cho cán bộ, đến khi nhận SIGTERM"))
    commands.add("migrate", _migrate, _("đưa cơ sở dữ liệu lên phiên bản của phần mềm"))
    commands.add("check", _check, _("mỗi điều phải đúng một dòng: ok, hoặc việc cần làm (khi đó mã thoát là 1)"))

    silence = commands.add(
        "silence",
        _silence,
        _("dừng ngay mọi tiếng ở một địa bàn, cả khi các trang không chạy"),
        "a-0123456789 --hold",
    )
    silence.add_argument("area", metavar=_("ĐỊA-BÀN"), help=_("mã hoặc tên địa bàn"))
    how = silence.add_mutually_exclusive_group()
    how.add_argument("--hold", action="store_const", const="hold", dest="deed", help=_("giữ im lặng đến khi mở lại"))
    how.add_argument("--lift", action="store_const", const="lift", dest="deed", help=_("mở lại tiếng"))
    silence.set_defaults(deed="once")
    silence.add_argument(
        "--wait", type=float, default=10.0, metavar=_("GIÂY"), help=_("chờ các cụm loa trả lời; mặc định 10 giây")
    )

    officer = commands.group("officer", _("cán bộ")).add(
        "add",
        _add_officer,
        _("thêm cán bộ; mật khẩu được hỏi hai lần"),
        '--username tham --name "Nguyễn Thị Hồng Thắm" --role editor',
    )
    officer.add_argument("--username", required=True, help=_("tên đăng nhập: viết liền, chữ thường"))
    officer.add_argument("--name", required=True, help=_("họ và tên"))
    officer.add_argument(
        "--role",
        required=True,
        choices=ROLES,
        help=_("administrator: quản trị; editor: soạn bản tin; approver: soạn, và phê duyệt bản tin của người khác"),
    )
    officer.add_argument("--position", help=_("chức vụ"))
    officer.add_argument("--area", help=_("mã địa bàn phụ trách; không ghi: tất cả"))
    officer.add_argument("--password-file", metavar="FILE", help=_("tệp có mật khẩu ở dòng đầu; “-”: đầu vào chuẩn"))

    area = commands.group("area", _("địa bàn")).add(
        "add", _add_area, _("thêm địa bàn, in ra mã của địa bàn đó"), '--name "Ấp 1" --kind ấp --parent a-0123456789'
    )
    area.add_argument("--name", required=True, help=_("tên"))
    area.add_argument("--kind", required=True, help=_("loại: tỉnh, xã, phường, ấp, thôn, khu phố…"))
    area.add_argument("--parent", help=_("mã địa bàn cấp trên"))

    speaker = commands.group("speaker", _("cụm loa")).add(
        "add",
        _add_speaker,
        _("thêm cụm loa, ghi tệp cấu hình để chép vào cụm loa đó"),
        '--speaker loa-ap-1 --name "Nhà văn hóa ấp 1" --area a-0123456789',
    )
    speaker.add_argument("--speaker", required=True, help=_("mã cụm loa: chữ thường không dấu, chữ số, gạch ngang"))
    speaker.add_argument("--name", required=True, help=_("tên"))
    speaker.add_argument("--area", required=True, help=_("mã địa bàn nơi đặt loa"))
    speaker.add_argument("--output", type=Path, metavar="FILE", help=_("tệp cấu hình; không ghi: <mã cụm loa>.json"))

    key = commands.group("key", _("khóa ký")).add(
        "export",
        _export_key,
        _("chép khóa dự phòng ra một tệp để cất vào két của xã, rồi xóa khỏi máy này"),
        "/media/usb/loa-xa-khoa-du-phong",
    )
    key.add_argument("file", type=Path, metavar="FILE")

    example = "/var/backups/loa-xa/2026-11-23.tar"
    backup = commands.add(
        "backup", _backup, _("sao lưu cơ sở dữ liệu, âm thanh và khóa vào một tệp, cả khi văn phòng đang chạy"), example
    )
    backup.add_argument("file", type=Path, metavar="FILE")
    back = commands.add("restore", _restore, _("khôi phục từ tệp sao lưu; dừng văn phòng trước"), example)
    back.add_argument("file", type=Path, metavar="FILE")
    back.add_argument(
        "--replace", action="store_true", help=_("thay dữ liệu đang có; dữ liệu cũ được giữ lại bên cạnh")
    )
    return parser


class _Commands:
    """The commands of one level of the parser. `prefix`: the words before them on the command line."""

    def __init__(self, parser: argparse.ArgumentParser, prefix: str) -> None:
        self._commands = parser.add_subparsers(required=True, metavar=_("LỆNH"), title=_("lệnh"))
        self._prefix = prefix

    def group(self, name: str, words: str) -> "_Commands":
        return _Commands(self._commands.add_parser(name, help=words, description=words), f"{name} ")

    def add(self, name: str, run: Run, words: str, example: str = "") -> argparse.ArgumentParser:
        whole = f"loa-controller {self._prefix}{name} {example}".strip()
        parser = self._commands.add_parser(
            name,
            help=words,
            description=f"{words[0].upper()}{words[1:]}.",
            epilog=_("Ví dụ:") + f"\n  {whole}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        parser.set_defaults(run=run)
        return parser


def _serve(settings: OfficeSettings, _given: argparse.Namespace) -> None:
    logging.getLogger().setLevel(logging.INFO)
    for chatty in ("alembic", "apscheduler", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    from controller.serve import serve  # the web takes a second to import: silence doesn't wait for that

    serve(settings)


def _migrate(settings: OfficeSettings, _given: argparse.Namespace) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    bring_up_to_date(settings.database)
    print(_("Cơ sở dữ liệu đã theo phiên bản của phần mềm này."))


def _check(settings: OfficeSettings, _given: argparse.Namespace) -> int:
    from controller.upkeep.checks import check

    logging.getLogger().setLevel(logging.CRITICAL)  # faults are shown once, in the lines below
    wrong = False
    for what, to_do in check(settings):
        print(f"{what}: {to_do or 'ok'}", flush=True)
        wrong = wrong or to_do is not None
    return 1 if wrong else 0


def _silence(settings: OfficeSettings, given: argparse.Namespace) -> int:
    by = SystemUser(os.environ.get("SUDO_USER") or getpass.getuser())
    done = silence(settings, given.area, given.deed, by, given.wait)
    where = done.area.name
    held = done.held_by.name if given.deed == "lift" and done.held_by else None
    if held:
        print(_("{where} vẫn im lặng vì {held} đang được giữ im lặng. Mở lại ở đó.").format(where=where, held=held))
    elif given.deed == "lift":
        print(_("Đã mở lại tiếng ở {where}.").format(where=where))
    elif done.stopped:
        titles = ", ".join(f"“{title}”" for title in done.stopped)
        print(counted("Đã dừng {n} lượt phát ở {where}: {titles}.", len(done.stopped), where=where, titles=titles))
    else:
        print(_("Ở {where} không có lượt nào đang phát hoặc sắp phát trong một giờ tới.").format(where=where))
    if given.deed == "hold":
        print(_("Giữ im lặng ở {where} đến khi mở lại: --lift, hoặc trên trang.").format(where=where))
    confirmed, missing = len(done.answers.silent), done.answers.unanswered
    print(_("Cụm loa đã xác nhận: {n} trên {all}.").format(n=number(confirmed), all=number(confirmed + len(missing))))
    if missing:
        names = ", ".join(f"{each.name} ({each.speaker})" for each in missing)
        print(
            _(
                "Sau {seconds} giây chưa trả lời: {names}. Cụm loa mất mạng làm theo khi có mạng lại; cần im ngay thì "
                "tắt nguồn tại chỗ."
            ).format(seconds=decimal(given.wait), names=names)
        )
    if not done.went_out:
        print(
            _("Văn phòng đang chạy nhưng chưa gửi lệnh đi: xem journalctl -u loa-controller.")
            if done.office_runs
            else _(
                "Lệnh đã ghi nhưng chưa gửi được: không nối được máy chủ truyền tin. Xem loa-controller check; lệnh "
                "được gửi khi nối lại và văn phòng chạy."
            ),
            file=sys.stderr,
        )
    return 0 if done.went_out and not missing and not held else 1


def _add_officer(settings: OfficeSettings, given: argparse.Namespace) -> None:
    password = _password(given.password_file)
    with off_air(settings) as office, office.database.writing() as session:
        add_officer(
            session,
            office.now(),
            username=given.username,
            password=password,
            name=given.name,
            role=given.role,
            position=given.position or "",
            area=given.area,
        )
    print(_("Đã thêm {name}. Đăng nhập bằng tên “{username}”.").format(name=given.name, username=given.username))


def _password(file: str | None) -> str:
    if file == "-":
        return sys.stdin.readline().rstrip("\n")
    if file is not None:
        return Path(file).read_text(encoding="utf-8").partition("\n")[0]
    if not sys.stdin.isatty():
        raise Invalid("password", "no_keyboard")
    password = getpass.getpass(_("Mật khẩu: "))
    if getpass.getpass(_("Nhập lại mật khẩu: ")) != password:
        raise Invalid("password", "passwords_differ")
    return password


def _add_area(settings: OfficeSettings, given: argparse.Namespace) -> None:
    with off_air(settings) as office, office.database.writing() as session:
        row = add_area(session, office.now(), None, name=given.name, kind=given.kind, parent=given.parent)
        area = row.area
    print(area)


def _add_speaker(settings: OfficeSettings, given: argparse.Namespace) -> None:
    file: Path = given.output or Path(f"{given.speaker}.json")
    with off_air(settings) as office, office.database.writing() as session:
        _row, password = admit_speaker(
            session, office.now(), None, speaker=given.speaker, name=given.name, area=given.area
        )
        # Before the commit: if writing fails, the speaker isn't added, because its only password would be lost.
        enrolment = make_enrolment(settings, office.keys.public, given.speaker, password)
        keys.write_secret(file, enrolment.model_dump_json(indent=1) + "\n")
    print(
        _("Đã thêm “{name}”. Chép {file} vào cụm loa, rồi xóa ở đây: tệp có mật khẩu, chỉ có một lần này.").format(
            name=given.name, file=file
        )
    )


def _export_key(settings: OfficeSettings, given: argparse.Namespace) -> None:
    if not keys.second_key_is_here(settings.within("keys")):
        raise OfficeError("second_key_gone")
    keys.export_second_key(settings.within("keys"), given.file)
    print(
        _("Khóa dự phòng nay chỉ còn ở {file}. Cất vào két của xã; nên có hai bản ở hai nơi.").format(file=given.file)
    )


def _backup(settings: OfficeSettings, given: argparse.Namespace) -> None:
    done = back_up(settings, given.file, clock_of(settings.test_clock)())
    print(
        _("Đã sao lưu {files} tệp, {megabytes} MB vào {file}.").format(
            files=number(done.files), megabytes=decimal(done.bytes / 1e6), file=given.file
        )
    )
    print(_("Tệp này có khóa ký của đài: giữ như giữ khóa két."))
    if done.damaged:
        print(_("Chú ý: tệp âm thanh đã hỏng từ trước: {files}").format(files=", ".join(done.damaged)), file=sys.stderr)


def _restore(settings: OfficeSettings, given: argparse.Namespace) -> None:
    done = restore(settings, given.file, clock_of(settings.test_clock)(), replace=given.replace)
    made_at = done.made_at.astimezone(ZoneInfo(settings.time_zone))
    print(
        _("Đã khôi phục bản sao lưu làm lúc {time} ngày {date}.").format(
            time=f"{made_at:%H:%M}", date=f"{made_at:%d/%m/%Y}"
        )
    )
    print(_("Mọi cán bộ phải đăng nhập lại; đường dẫn đặt mật khẩu đã gửi không dùng được nữa."))
    if done.aside:
        print(
            _("Dữ liệu trước khi khôi phục được giữ ở {folder}; xóa khi chắc chắn không cần nữa.").format(
                folder=done.aside
            )
        )
    print(
        _(
            "Tiếp theo: loa-controller check, rồi chạy lại văn phòng. Các cụm loa tự nối lại và gửi báo cáo của những "
            "gì đã phát từ lúc sao lưu; lượt phát đặt sau lúc đó hiện là “tìm thấy ở cụm loa”."
        )
    )
