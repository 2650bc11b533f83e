"""What a browser says of itself, in plain words."""

import pytest

from controller.web.words.devices import device_in_words

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome trên Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/131.0 Safari/537.36 Edg/131.0", "Edge trên Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} coc_coc_browser/127.0 Chrome/121.0 Safari", "Cốc Cốc trên Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1", "Safari trên iPhone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) CriOS/131.0 Safari/604.1", "Chrome trên iPhone"),
        (f"Mozilla/5.0 (Linux; Android 14) {WEBKIT} Version/4.0 Chrome/131 Zalo android/24", "Zalo trên Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox trên Linux"),
        ("", "Trình duyệt không rõ loại"),
        ("<script>alert(1)</script>", "Trình duyệt không rõ loại"),
    ],
)
def test_a_browser(agent: str, words: str) -> None:
    assert device_in_words("browser", agent) == words


@pytest.mark.parametrize(
    ("agent", "words"),
    [("curl/8.5.0", "Chương trình (curl)"), ("", "Chương trình"), ("x" * 300, f"Chương trình ({'x' * 30})")],
)
def test_a_program(agent: str, words: str) -> None:
    assert device_in_words("program", agent) == words
