"""“Địa bàn”: the tree of areas, added to and renamed by administrators, with their quiet hours."""

import re
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.area_tree import AreaTree
from controller.areas import add_area, change_area
from controller.errors import Invalid
from controller.officers import require_role
from controller.web.forms import CheckedForm, Form, Wrong
from controller.web.once import do_once, new_token
from controller.web.order_form import read_time
from controller.web.page import Page, ThePage
from controller.web.translation import _
from controller.web.views import AreaView, area_view

router = APIRouter(include_in_schema=False)


@router.get("/dia-ban")
def get(page: ThePage) -> Response:
    """The tree, and a form for one more."""
    require_role(page.officer)
    return _list(page)


@router.post("/dia-ban")
def post(form: CheckedForm, page: ThePage) -> Response:
    """Add one; pressed twice, it is one."""
    require_role(page.officer)

    def deed(session: Session) -> AreaView:
        fields: dict[str, Any] = {
            "name": form.line("ten"),
            "kind": form.line("loai", 60).lower(),
            "parent": form.text("thuoc") or None,
            "quiet_hours": read_quiet_hours(form.text("gio-yen-tinh")),
        }
        if fields["parent"]:
            tree = AreaTree(session)
            tree.require_named(fields["parent"], "thuoc")
            tree.require_charge(page.officer, [fields["parent"]])
        return area_view(add_area(session, page.now, page.officer.officer, **fields))

    try:
        do_once(page, form, deed)
    except Invalid as error:
        return _list(page, form, error)
    return page.go("/dia-ban")


@router.get("/dia-ban/{area}")
def get_one(page: ThePage, area: str) -> Response:
    """One area, to be changed."""
    require_role(page.officer)
    return _one(page, area)


@router.post("/dia-ban/{area}")
def post_one(form: CheckedForm, page: ThePage, area: str) -> Response:
    """Rename it, move it, set its quiet hours; the speakers below are told."""
    require_role(page.officer)
    try:
        changes: dict[str, Any] = {
            "name": form.line("ten"),
            "kind": form.line("loai", 60).lower(),
            "parent": form.text("thuoc") or None,
            "quiet_hours": read_quiet_hours(form.text("gio-yen-tinh")),
        }
        with page.office.database.writing() as session:
            change_area(session, page.now, page.officer, area, changes)
    except Invalid as error:
        return _one(page, area, form, error)
    return page.go("/dia-ban")


def read_quiet_hours(text: str) -> list[dict[str, str]] | None:
    """“21:30–05:00, 11:30–13:30”; empty: as the parent's (None); “không”: none. Raises Invalid."""
    text = text.strip()
    if not text:
        return None
    if text.lower() in ("không", "khong", "không có"):
        return []
    periods = []
    for part in re.split(r"[,;]", text):
        ends = re.split(r"\s*(?:–|-|đến)\s*", part.strip())
        if len(ends) != 2:
            raise Invalid("gio-yen-tinh", _("Viết như 21:30–05:00; nhiều khoảng thì cách nhau bằng dấu phẩy."))
        try:
            begin, end = (f"{read_time(each):%H:%M}" for each in ends)
        except Invalid as error:
            raise Invalid("gio-yen-tinh", str(error)) from None
        periods.append({"from": begin, "to": end})
    return periods


def write_quiet_hours(periods: list[dict[str, str]] | None) -> str:
    """As `read_quiet_hours` reads them."""
    if periods is None:
        return ""
    return ", ".join(f"{each['from']}–{each['to']}" for each in periods) or _("không")


def _list(page: Page, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        tree = AreaTree(session)
        areas = [
            (tree.by_id[area], len(tree.chain(area)) - 1, write_quiet_hours(tree.by_id[area].quiet_hours))
            for area in tree.in_order()
        ]
    wrong = Wrong({_field(error): str(error)}) if error else Wrong()
    return page.show("areas.html", 422 if error else 200, areas=areas, typed=form, wrong=wrong, once=new_token())


def _one(page: Page, area: str, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        tree = AreaTree(session)
        row = tree.require(area)
        below = tree.subtree([area])
        parents = [(tree.by_id[each], len(tree.chain(each)) - 1) for each in tree.in_order() if each not in below]
        inherited = tree.quiet_hours(row.parent) if row.parent else []
    wrong = Wrong({_field(error): str(error)}) if error else Wrong()
    return page.show(
        "area.html",
        422 if error else 200,
        row=row,
        parents=parents,
        quiet_hours=write_quiet_hours(row.quiet_hours),
        inherited=write_quiet_hours(inherited),
        typed=form,
        wrong=wrong,
    )


def _field(error: Invalid) -> str:
    return {"parent": "thuoc"}.get(error.field, error.field)
