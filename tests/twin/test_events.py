"""What happens to a campus within seconds, as it is written and as the grid then moves."""

from __future__ import annotations

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.twin.transient import KINDS, PRESETS, Event, GridProfile, grid_event, parse_event, read_events
from wattstack.twin.transient.grid import GridDrive

pytestmark = pytest.mark.tiny


def test_an_event_is_read_as_it_is_written():
    event = parse_event("crash:halls.big@20")
    assert (event.kind, event.target, event.at_s) == ("crash", "halls.big", 20.0)
    assert str(event) == "crash:halls.big@20"
    sag = parse_event("sag,depth_frac=0.7,length_s=0.15@10")
    assert sag.values == {"depth_frac": 0.7, "length_s": 0.15}
    assert parse_event(str(sag)) == sag


def test_the_usual_numbers_stand_where_none_are_given():
    assert parse_event("sags@1").values["count"] == 6
    assert parse_event("sags@1").values["over_s"] == 82


def test_all_faults_of_all_events_are_told_at_once_with_the_nearest_names():
    with pytest.raises(InputError) as caught:
        read_events(["crsh:x@20", "sag,depth=1,length_s=2@3", "stop@2", "island:x@3", "trip", "virginia@now"])
    text = str(caught.value)
    assert "Nearest: crash" in text
    assert "Nearest: depth_frac" in text
    assert "must name a job" in text
    assert "acts on the grid" in text
    assert "must end with @SECOND" in text
    assert "Write virginia@10" in text
    assert len(caught.value.faults) == 7  # depth_frac is missing, too


@pytest.mark.parametrize(
    "text", ["sag,depth_frac=2,length_s=1@1", "sag,depth_frac=x,length_s=1@1", "phase,angle_deg=nan@1"]
)
def test_a_number_outside_its_bounds_is_told(text):
    with pytest.raises(InputError, match="must be a number"):
        parse_event(text)


def test_an_event_made_in_python_is_checked_as_one_that_is_written():
    assert Event("sag", 3.0, values={"depth_frac": 0.5, "length_s": 1.0}) == parse_event(
        "sag,depth_frac=0.5,length_s=1@3"
    )
    with pytest.raises(InputError, match="depth_frac"):
        Event("sag", -1.0)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_read_and_moves_with_its_moment(name):
    usual, moved = read_events([name]), read_events([f"{name}@100"])
    assert usual[0].at_s == 10.0
    assert [e.at_s - 90.0 for e in moved] == [e.at_s for e in usual]


def test_events_stand_in_order_of_time():
    assert [e.kind for e in read_events(["return@9", "island@2"])] == ["island", "return"]


def test_every_kind_says_what_it_is():
    assert all(kind.words for kind in KINDS.values())


def over(*events, time_s, nominal=50.0):
    return GridDrive(read_events(events), nominal).over(np.asarray(time_s, float))


def test_a_sag_has_its_depth_for_its_length():
    voltage, frequency, angle = over("sag,depth_frac=0.3,length_s=0.1@1", time_s=np.arange(2000) * 1e-3)
    assert (voltage < 1.0).sum() == 100
    assert voltage.min() == pytest.approx(0.7)
    assert voltage[999] == 1.0 > voltage[1000]
    assert (frequency == 50.0).all() and (angle == 0.0).all()


def test_virginia_is_six_sags_in_82_seconds():
    time_s = np.arange(120_000) * 1e-3
    voltage, _, _ = over("virginia", time_s=time_s)
    begins = time_s[1:][(np.diff(voltage) < 0.0)]
    assert len(begins) == 6
    assert begins[-1] - begins[0] == pytest.approx(82.0)


def test_one_of_several_sags_is_the_first():
    voltage, _, _ = over("sags,count=1@2", time_s=np.arange(10_000) * 1e-2)
    assert (voltage < 1.0).sum() == 6


def test_the_frequency_moves_stays_and_comes_back():
    _, frequency, _ = over(
        "frequency,change_hz=-1,rate_hz_per_s=0.5,hold_s=3@1", time_s=[0, 1, 2, 3, 5, 6, 7, 8, 9]
    )
    assert frequency == pytest.approx([50, 50, 49.5, 49, 49, 49, 49.5, 50, 50])
    _, frequency, _ = over("frequency,change_hz=1@1", time_s=[0, 2, 3, 1000])
    assert frequency == pytest.approx([50, 50.5, 51, 51])


def test_jumps_of_the_angle_add_up():
    _, _, angle = over("phase,angle_deg=20@1", "phase,angle_deg=10@2", time_s=[0, 1, 2])
    assert np.rad2deg(angle) == pytest.approx([0, 20, 30])


def test_the_grid_follows_a_profile_with_its_jumps():
    curve = GridProfile(
        "code", [0, 0, 0.15, 0.15, 1.15], [1, 0.2, 0.2, 0.5, 1.0], [60, 59, 59, 59, 60], 15.0, 0.2
    )
    voltage, frequency, angle = over(grid_event(curve, 1.0), time_s=[0.5, 1.0, 1.1, 1.65, 9], nominal=60.0)
    assert voltage == pytest.approx([1, 0.2, 0.2, 0.75, 1])
    assert frequency == pytest.approx([60, 59, 59, 59.5, 60])
    assert np.rad2deg(angle) == pytest.approx([0, 0, 0, 15, 15])


def test_a_profile_of_deviations_goes_with_any_nominal_frequency():
    curve = GridProfile("dip", [0, 1], [1, 1], [0, -1], relative_hz=True)
    assert over(grid_event(curve), time_s=[0, 1], nominal=60.0)[1] == pytest.approx([60, 59])


@pytest.mark.parametrize(
    ("time_s", "voltage"), [([0, 1], [1, 1, 1]), ([1, 0], [1, 1]), ([0, 1], [1, np.nan]), ([], [])]
)
def test_a_profile_that_is_no_curve_is_refused(time_s, voltage):
    with pytest.raises(InputError, match="profile bad"):
        GridProfile("bad", time_s, voltage, np.full(len(voltage), 50.0))


def test_a_profile_without_curves_is_no_event():
    with pytest.raises(InputError, match="grid_event"):
        parse_event("grid:x@3")
    with pytest.raises(InputError, match="grid_event"):
        Event("grid", 0.0, "x")
