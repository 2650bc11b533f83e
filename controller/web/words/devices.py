"""What a device is, in plain words, by what it says of itself (User-Agent)."""

from controller.database.column_types import SessionKind
from controller.words.translation import _

BROWSERS = (
    ("Zalo", "Zalo"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""(What stands in the User-Agent, name): the first that is found. Most also name the browsers below them."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_LONGEST_NAME = 30


def device_in_words(kind: SessionKind, agent: str) -> str:
    """“Chrome trên Windows”, “Chương trình (curl)”."""
    if kind == "program":
        name = agent.partition("/")[0][:_LONGEST_NAME].strip()
        return _("Chương trình ({name})").format(name=name) if name else _("Chương trình")
    browser = _first(BROWSERS, agent)
    system = _first(SYSTEMS, agent)
    if browser and system:
        return _("{browser} trên {system}").format(browser=browser, system=system)
    return browser or system or _("Trình duyệt không rõ loại")


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for sign, name in known if sign in agent), "")
