"""Wrong tries cost time, and nobody asks so fast that others wait."""

from wattstack.operate.face.limits import LONGEST_WAIT_S, MOST_KEPT, Rate, Tries


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def test_a_thousand_wrong_tries_take_days():
    clock = Clock()
    tries = Tries(clock)
    for _ in range(1000):
        clock.now_s += tries.wait_s("a")
        tries.wrong("a")
    assert clock.now_s > 3 * 86_400
    assert tries.wait_s("a") == LONGEST_WAIT_S


def test_one_right_try_clears_what_was_wrong():
    tries = Tries(Clock())
    for _ in range(9):
        tries.wrong("a")
    tries.right("a")
    assert tries.wait_s("a") == 0.0


def test_what_is_remembered_is_bounded():
    tries, rate = Tries(Clock()), Rate(1.0, 1.0, Clock())
    for k in range(MOST_KEPT + 50):
        tries.wrong(str(k))
        rate.take(str(k))
    assert len(tries._kept) == len(rate._kept) == MOST_KEPT


def test_a_rate_fills_up_again():
    clock = Clock()
    rate = Rate(2.0, 3.0, clock)
    assert [rate.take("a") for _ in range(4)] == [True, True, True, False]
    clock.now_s = 0.5
    assert rate.take("a")
    assert not rate.take("a")
    assert rate.take("b")
