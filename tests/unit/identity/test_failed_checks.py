"""Guessing has to pause."""

from engine_telemetry.engine.failed_checks import MOST, WINDOW_SECONDS, FailedChecks


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_after_ten_failures_in_a_minute_there_is_a_pause_until_the_first_of_them_is_a_minute_old() -> None:
    clock = Clock()
    failed = FailedChecks(clock)
    for _ in range(MOST):
        assert failed.pause("ann") == 0
        failed.add("ann")
        clock.now += 2
    assert failed.pause("ann") == WINDOW_SECONDS - 2 * MOST
    clock.now = 1000.0 + WINDOW_SECONDS
    assert failed.pause("ann") == 0


def test_slow_failures_make_no_pause() -> None:
    clock = Clock()
    failed = FailedChecks(clock)
    for _ in range(5 * MOST):
        failed.add("ann")
        clock.now += WINDOW_SECONDS / MOST
        assert failed.pause("ann") == 0


def test_a_pause_is_one_users() -> None:
    failed = FailedChecks(Clock())
    for _ in range(MOST):
        failed.add("ann")
    assert failed.pause("ann") > 0
    assert failed.pause("bob") == 0


def test_success_forgets_the_failures_before_it() -> None:
    failed = FailedChecks(Clock())
    for _ in range(MOST - 1):
        failed.add("ann")
    failed.forget("ann")
    failed.add("ann")
    assert failed.pause("ann") == 0


def test_only_so_many_names_are_kept_and_those_stay_that_failed_last() -> None:
    failed = FailedChecks(Clock())
    for number in range(10_000):
        failed.add(str(number))
    failed.add("0")
    failed.add("another")  # one too many: "1" is forgotten, for which it is longest ago
    for _ in range(MOST - 2):
        failed.add("0")
        failed.add("1")
    assert failed.pause("0") > 0
    assert failed.pause("1") == 0
