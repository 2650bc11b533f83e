"""Computes what the first page shows: what sounds now, today's broadcasts, what needs a person, who is silent."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel import Session

from controller.announcements.lists import announcements_named, newest_announcements
from controller.broadcasts.lists import broadcasts_between, rejected_foreign_orders
from controller.broadcasts.priority_order import DECISION_CLOSES_BEFORE, undecided_collisions
from controller.broadcasts.states import waits_for_approval
from controller.exchange.excess import excess_of
from controller.exchange.speaker_status import is_out_of_step
from controller.orders.instants import lapses_at, ordered_start, run_time_of
from controller.orders.standing_texts import unreviewed
from controller.orders.standings import standings_of
from controller.outlook.results import Results
from controller.outlook.speaker_standing import SpeakerNow, by_urgency, speakers_now
from controller.planning.schedule_lists import live_schedules
from controller.station.area_tree import AreaTree
from controller.station.charges import may
from controller.station.officers import all_officers
from controller.station.speaker_lists import all_speakers, speakers_in_charge
from controller.web.frame.page import Page
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines
from controller.web.results.result_view import ShapesOfArea, shapes_by_area, strip_label
from controller.web.timetable.week_view import folded
from controller.web.words.place_names import in_sentence
from controller.web.words.states import EXCESS, reason_in_words, word
from controller.web.words.vietnamese import capital, duration
from controller.words.numbers import counted
from controller.words.translation import _
from schedules.quiet_hours import next_quiet, quiet_until
from wire.settings import QuietHours

LOOKS_AHEAD = timedelta(hours=24)
FORGED_SHOWN_FOR = timedelta(days=3)
RECENT_ANNOUNCEMENTS = 50


@dataclass(frozen=True)
class Sounding:
    """A broadcast that sounds now. `remaining`: how long still, in words; empty: not known.

    `groups`, `label`: its row of shapes, and the same in words.
    """

    line: BroadcastLine
    remaining: str
    groups: list[ShapesOfArea]
    label: str


@dataclass(frozen=True)
class Todo:
    """Something that needs a person, and the page where it is done. `broken`: shown in red."""

    title: str
    text: str
    link: str
    link_text: str
    broken: bool = False


@dataclass(frozen=True)
class QuietPeriod:
    """Quiet hours of the whole station that hold now or begin today."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Home:
    """What the page shows. `past`, `coming`: today's broadcasts before and after now. `speakers`: their number."""

    sounding: list[Sounding]
    past: list[BroadcastLine]
    coming: list[BroadcastLine]
    quiet: QuietPeriod | None
    todo: list[Todo]
    silent: list[tuple[SpeakerNow, str]]
    """Speakers that don't work, with the name of their area inside a sentence; the most urgent first."""
    speakers: int


def home_of(session: Session, page: Page) -> Home:
    """What the first page shows at `page.now`."""
    make = BroadcastLines(session, page)
    tree = make.tree
    speakers = speakers_now(session, page.now, tree, speakers_in_charge(session, page.charges, tree))
    midnight = datetime.combine(page.clock.today, time(), page.clock.zone)
    rows = broadcasts_between(session, min(midnight, page.now - timedelta(hours=2)), midnight + timedelta(days=1))
    lines = make.of(rows)
    sounding = [line for line in lines if line.counts["started"]]
    results = make.results([line.broadcast for line in sounding])
    silent = [each for each in by_urgency(speakers) if not each.only_held]
    return Home(
        sounding=[_sounding(page, line, results[line.broadcast.broadcast]) for line in sounding],
        past=[line for line in lines if ordered_start(line.broadcast) <= page.now and not line.counts["started"]],
        coming=[line for line in lines if ordered_start(line.broadcast) > page.now and line.state != "cancelled"],
        quiet=_quiet(tree, page, midnight),
        todo=_todo(session, page, make, speakers),
        silent=[(each, in_sentence(tree.by_id[each.speaker.area])) for each in silent],
        speakers=len(speakers),
    )


def _sounding(page: Page, line: BroadcastLine, results: Results) -> Sounding:
    row = line.broadcast
    started = [each.delivery.started_at for each in results.sounding if each.delivery.started_at]
    remaining = ""
    if started:
        left = max(started) + run_time_of(row) - page.now
        if left > timedelta():
            remaining = duration(round(left.total_seconds() * 1000))
    return Sounding(line, remaining, shapes_by_area(results), strip_label(results))


def _quiet(tree: AreaTree, page: Page, midnight: datetime) -> QuietPeriod | None:
    """The first quiet hours of today that are not over, as the topmost area has them."""
    roots = tree.children.get(None, [])
    if not roots:
        return None
    periods = [QuietHours.from_fields(each) for each in tree.quiet_hours(roots[0].area)]
    zone = page.clock.zone
    begins = next_quiet(page.now, periods, zone)
    if begins is None or begins >= midnight + timedelta(days=1):
        return None
    ends = quiet_until(begins, periods, zone)
    return QuietPeriod(begins, ends) if ends else None


def _todo(session: Session, page: Page, make: BroadcastLines, speakers: list[SpeakerNow]) -> list[Todo]:
    return [
        *(_without_sound(page, make.tree, each) for each in speakers if each.standing == "soundless"),
        *_sends_too_much(session, page, make.tree, speakers),
        *_to_review(session, page, make),
        *_order_to_decide(session, page),
        *_to_approve(session, page, make),
        *_given_back(session, page),
        *_refused_by_speakers(session, page),  # behind what officers must do: anybody with a speaker can make some
        *_schedules_in_trouble(session),
        *(_out_of_step(make.tree, each) for each in speakers if is_out_of_step(each.last_word)),
    ]


def _refused_by_speakers(session: Session, page: Page) -> list[Todo]:
    """Orders that this office didn't send and that a speaker refused: one line for each speaker, with the last."""
    found = []
    for speaker, last, count in rejected_foreign_orders(session, page.now - FORGED_SHOWN_FOR):
        when = page.clock.when(last.received_at) if last.received_at else ""
        found.append(
            Todo(
                title=(
                    _("{name} từ chối một lệnh lạ").format(name=speaker.name)
                    if count == 1
                    else counted("{name} từ chối {n} lệnh lạ", count, name=speaker.name)
                ),
                text=reason_in_words(last.reason or "", when) + " " + _("Báo về lúc {time}.").format(time=when),
                link=f"/luot-phat/{last.broadcast}" if count == 1 else f"/cum-loa/{speaker.speaker}",
                link_text=_("Xem") if count == 1 else _("Xem cụm loa"),
                broken=True,
            )
        )
    return found


def _without_sound(page: Page, tree: AreaTree, each: SpeakerNow) -> Todo:
    since = page.clock.when(each.since) if each.since else ""
    return Todo(
        title=_("{name} ({area}) không ra tiếng").format(
            name=each.speaker.name, area=in_sentence(tree.by_id[each.speaker.area])
        ),
        text=_("Loa vẫn có mạng. Thiết bị âm thanh hỏng, báo lúc {time}.").format(time=since),
        link=f"/cum-loa/{each.speaker.speaker}",
        link_text=_("Xem và gọi kỹ thuật viên"),
        broken=True,
    )


def _sends_too_much(session: Session, page: Page, tree: AreaTree, speakers: list[SpeakerNow]) -> list[Todo]:
    """Speakers of which something wasn't taken lately: broken, or in a stranger's hands."""
    excess = excess_of(session, page.now, [each.speaker.speaker for each in speakers])
    return [
        Todo(
            title=_("{name} ({area}) gửi quá mức, phần quá mức không được nhận").format(
                name=each.speaker.name, area=in_sentence(tree.by_id[each.speaker.area])
            ),
            text=_("Nhiều nhất là {what}. Hộp hỏng, hoặc mật khẩu đã lộ: xem và cấp mật khẩu mới.").format(
                what=word(EXCESS, max(excess[each.speaker.speaker], key=lambda row: row.count).kind)
            ),
            link=f"/cum-loa/{each.speaker.speaker}",
            link_text=_("Xem cụm loa"),
            broken=True,
        )
        for each in speakers
        if each.speaker.speaker in excess
    ]


def _to_approve(session: Session, page: Page, make: BroadcastLines) -> list[Todo]:
    """Broadcasts that lapse within a day if nobody approves them."""
    begin, end = page.now - timedelta(minutes=15), page.now + LOOKS_AHEAD
    rows = [row for row in broadcasts_between(session, begin, end) if waits_for_approval(row, page.now)]
    found = []
    for line in make.of(rows):
        row = line.broadcast
        found.append(
            Todo(
                title=(
                    _("Lượt {when} chưa được phê duyệt").format(when=page.clock.when(row.starts_at))
                    if row.starts_at
                    else _("Lượt ngay chưa được phê duyệt")
                ),
                text=_("{title}: {where}. Đến {time} chưa phê duyệt thì không phát.").format(
                    title=row.title, where=capital(line.where), time=page.clock.time(lapses_at(row))
                ),
                link=f"/phe-duyet/{row.announcement}",
                link_text=_("Xem") if row.created_by == page.officer.officer else _("Nghe và phê duyệt"),
            )
        )
    return found


def _to_review(session: Session, page: Page, make: BroadcastLines) -> list[Todo]:
    """Broadcasts that one approver set off alone, for all approvers in charge of their places."""
    rows = unreviewed(session)
    stand_in = {name: each.area for name, each in all_speakers(session).items()}
    names = {each.officer: each.name for each in all_officers(session)}
    mine = [
        row
        for row in rows
        if may(
            page.charges,
            "approver",
            {*row.areas, *(stand_in[name] for name in row.speakers if name in stand_in)},
            make.tree,
        )
    ]
    found = []
    for line in make.of(mine):
        row = line.broadcast
        own = row.set_off_by == page.officer.officer
        found.append(
            Todo(
                title=_("Cần người thứ hai xem lại: {title}").format(title=row.title),
                text=_("{who} cho phát lúc {when} bằng lời đã phê duyệt trước, ở {where}.").format(
                    who=names[row.set_off_by or ""], when=page.clock.when(row.created_at), where=line.where
                )
                + (" " + _("Nhờ người phê duyệt khác xem lại.") if own else ""),
                link=f"/luot-phat/{row.broadcast}",
                link_text=_("Xem") if own else _("Xem lại"),
            )
        )
    return found


def _order_to_decide(session: Session, page: Page) -> list[Todo]:
    """Priority bulletins that want the same minutes, as long as a person can decide which goes first."""
    found = []
    for each, later in folded(undecided_collisions(session, page.now)):
        begins = each.closes_at + DECISION_CLOSES_BEFORE
        when = capital(page.clock.when(begins))
        found.append(
            Todo(
                title=(
                    counted("{when} và {n} lần sau: hai bản tin ưu tiên trùng giờ", later, when=when)
                    if later
                    else _("{when}: hai bản tin ưu tiên trùng giờ").format(when=when)
                ),
                text=_("Chưa chọn thì “{first}” phát trước, rồi “{second}”. Chọn được đến {time}.").format(
                    first=each.first.title, second=each.second.title, time=page.clock.when(each.closes_at)
                ),
                link=f"/lich-tuan?tuan={page.clock.date(begins)}",
                link_text=_("Chọn bản tin phát trước"),
            )
        )
    return found


def _schedules_in_trouble(session: Session) -> list[Todo]:
    """Schedules of which some occurrences can't be planned."""
    rows = [row for row in live_schedules(session) if row.trouble]
    announcements = announcements_named(session, {row.announcement for row in rows}) if rows else {}
    return [
        Todo(
            title=_("Lịch phát có lượt không đặt được: {title}").format(title=announcements[row.announcement].title),
            text=str(row.trouble),
            link=f"/lich/{row.schedule}",
            link_text=_("Xem lịch"),
            broken=True,
        )
        for row in rows
    ]


def _given_back(session: Session, page: Page) -> list[Todo]:
    """This officer's announcements that were given back."""
    found = []
    rows = newest_announcements(session, RECENT_ANNOUNCEMENTS, None)
    where = standings_of(session, rows)
    for row in rows:
        stands = where[row.announcement]
        if stands.state == "refused" and stands.submission and row.author == page.officer.officer:
            found.append(
                Todo(
                    title=_("Bị trả lại: {title}").format(title=row.title),
                    text=f"“{stands.submission.refusal}”",
                    link=f"/ban-tin/{row.announcement}",
                    link_text=_("Sửa bản tin"),
                )
            )
    return found


def _out_of_step(tree: AreaTree, each: SpeakerNow) -> Todo:
    return Todo(
        title=_("{name} ({area}) không giữ đúng lịch").format(
            name=each.speaker.name, area=in_sentence(tree.by_id[each.speaker.area])
        ),
        text=_("Văn phòng đã gửi lại nhiều lần mà lịch trên cụm loa vẫn khác. Báo kỹ thuật viên."),
        link=f"/cum-loa/{each.speaker.speaker}",
        link_text=_("Xem cụm loa"),
    )
