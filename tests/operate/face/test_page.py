"""The page in a real browser: it signs in, draws, asks, warns; nothing is loaded from elsewhere, nothing goes wrong."""

import pytest

from tests.operate.face.browser import Browser
from tests.operate.face.conftest import PASSWORD, until


@pytest.fixture
def browse(tmp_path):
    """Open pages of given widths."""
    made = []

    def open_(width: int = 1280) -> Browser:
        made.append(Browser(tmp_path / f"browser-{len(made)}", width))
        return made[-1]

    yield open_
    for one in made:
        one.close()


def sign_in(page: Browser, house, name: str = "engineer-1", role: str = "engineer") -> Browser:
    if name not in {one["name"] for one in house.room.users.listed()}:
        house.room.users.add(name, PASSWORD, role)
    page.open(house.base + "/")
    page.until("document.querySelector('form input[name=name]')")
    page.run(
        "(() => { const form = document.querySelector('form'); "
        f"form.elements.name.value = '{name}'; form.elements.password.value = '{PASSWORD}'; form.requestSubmit(); }})()"
    )
    page.until("document.querySelector('#tabs a') && Number(document.body.dataset.pictures) > 0")
    return page


def sound(page: Browser, house) -> None:
    """Nothing went wrong, nothing came from elsewhere, nothing stands beyond the edge."""
    assert page.said == []
    assert page.run("document.body.dataset.errors") == "0"
    assert all(one.startswith((house.base, "about:")) for one in page.asked), page.asked
    assert page.run("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [1280, 390])
def test_every_view_opens_and_the_console_is_silent(house, browse, width):
    page = sign_in(browse(width), house)
    for view in ("trends", "alarms", "why", "requests", "system", "now"):
        page.run(f"location.hash = '#{view}'")
        page.until(
            f"document.querySelector('#tab-{view}[aria-current]') && document.querySelector('main h2')"
        )
    page.until("document.querySelector('.line svg')")
    sound(page, house)


def test_the_diagram_says_who_gives_and_who_takes(house, browse):
    house.guard.quality["generator.gas.output_mw"] = 3
    page = sign_in(browse(), house)
    told = page.until("(document.querySelector('.line') || {}).ariaLabel")
    for words in (
        "Grid 18.0\xa0MW import",
        "Battery main 3.0\xa0MW discharges",
        "Halls",
        "Generator gas 0.0\xa0MW stale",
    ):
        assert words in told
    text = page.text()
    assert "SIMULATED DEVICES" in text and "keeps the metering interval at its target" in text
    assert "12.0\xa0MWh" in text  # stored
    sound(page, house)


def test_a_request_shows_its_effect_and_is_sent_after_a_second_look(house, browse):
    page = sign_in(browse(), house)
    page.run("location.hash = '#requests'")
    page.until("document.querySelector('form.ask select[name=what]')")
    page.run(
        "(() => { const form = document.querySelector('[data-part=form]'); form.elements.amount.value = '4'; "
        "form.elements.reason.value = 'a test'; form.requestSubmit(); })()"
    )
    page.until("document.querySelector('dialog').open")
    assert "12.0 MWh stored now" in page.run("document.querySelector('dialog').innerText")
    assert house.guard.asked == []
    page.run("document.querySelector('[data-part=send]').click()")
    until(lambda: house.guard.asked)
    assert house.guard.asked[0].value == 4.0
    sound(page, house)


def test_a_second_person_agrees_on_their_own_screen(house, browse):
    house.client("engineer-1", "engineer").post(
        "/api/requests",
        json={"what": "mode", "mode": "manual", "for_s": 600, "reason": "works at the feeder"},
    )
    page = sign_in(browse(), house, "engineer-2", "engineer")
    page.run("location.hash = '#requests'")
    page.until("document.querySelector('[data-part=pending] button.main')")
    assert "engineer-1 asks: Mode manual" in page.text()
    page.run("document.querySelector('[data-part=pending] button.main').click()")
    until(lambda: house.guard.asked)
    assert (house.guard.asked[0].user, house.guard.asked[0].second_user) == ("engineer-1", "engineer-2")
    sound(page, house)


def test_a_lockout_and_a_silent_guard_stand_above_everything(house, browse):
    page = sign_in(browse(390), house)
    house.guard.state |= {"lockouts": {"battery.main": "its contactor opened"}, "mode": "safe"}
    page.until("document.getElementById('banner').innerText.includes('its contactor opened')")
    assert "Safe mode" in page.text()
    house.do(house.guard.stop())
    page.until("document.getElementById('banner').innerText.includes('The guard is not heard')")
    sound(page, house)
    house.do(house.guard.start())


def test_text_of_a_device_is_never_taken_for_html(house, browse):
    house.guard.state["reasons"] = {"battery.main": "<img src=x onerror=alert(1)><b>bold</b>"}
    page = sign_in(browse(), house)
    page.until("document.body.innerText.includes('<b>bold</b>')")
    assert page.run("document.querySelectorAll('main img, main b:not(.legend b)').length") == 0
    sound(page, house)


def test_the_page_is_used_with_the_keyboard_alone(house, browse):
    page = sign_in(browse(), house)
    page.open(house.base + "/")  # the session is kept
    page.until("document.querySelector('#tabs a') && document.querySelector('.line svg')")
    seen = []
    for _ in range(12):
        for kind in ("keyDown", "keyUp"):
            page.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        seen.append(page.run("(document.activeElement.innerText || document.activeElement.tagName).trim()"))
    assert seen[0] == "To the content"
    assert {"Now", "Trends", "Why", "Requests"} <= set(seen)
    unnamed = page.run(
        "[...document.querySelectorAll('button, input, select, canvas')].filter((one) => "
        "!one.innerText && !one.getAttribute('aria-label') && !one.closest('label')).length"
    )
    assert unnamed == 0


def test_a_session_that_ended_brings_the_door_back(house, browse):
    page = sign_in(browse(), house)
    house.room.users.add("engineer-1", PASSWORD + " new", "engineer")  # ends every session of that name
    page.run("location.hash = '#system'")
    page.until("document.querySelector('.enter')")


def test_a_session_that_is_ended_elsewhere_closes_the_page_by_itself(house, browse):
    page = sign_in(browse(), house)
    page.run("location.hash = '#system'")
    page.until("document.querySelector('[data-part=sessions] tbody tr')")
    assert "127.0.0.1" in page.run("document.querySelector('[data-part=sessions]').innerText")
    (one,) = house.room.users.sessions()
    house.room.users.end_session(one["id"])
    page.until("document.querySelector('.enter')")
    assert page.run("document.body.dataset.errors") == "0"


def test_a_page_whose_line_breaks_takes_it_up_again(house, browse):
    page = sign_in(browse(), house)
    before = int(page.until("Number(document.body.dataset.pictures) > 1 && document.body.dataset.pictures"))
    for one in list(house._server.server_state.connections):
        house.loop.call_soon_threadsafe(one.transport.abort)
    page.until(f"Number(document.body.dataset.pictures) > {before + 4}")
    assert page.run("document.body.dataset.errors") == "0"
