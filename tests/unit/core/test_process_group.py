"""The group of an in-memory database: one process, no file, every lock free."""

from engine_telemetry.process_group import ProcessGroup


def test_without_a_file_this_process_is_first_and_last() -> None:
    group, first = ProcessGroup(None), []
    group.join(lambda: first.append("one"))
    group.join(lambda: first.append("two"))
    assert not group.leave()
    assert group.leave()
    group.join(lambda: first.append("three"))
    assert first == ["one", "three"]


def test_without_a_file_one_engine_of_the_process_leads() -> None:
    group = ProcessGroup(None)
    assert group.lead("one")
    assert not group.lead("two")
    group.stop_leading("one")
    assert group.lead("two")


def test_without_a_file_the_first_row_is_ours_and_nothing_can_be_removed() -> None:
    group = ProcessGroup(None)
    assert group.claim_row() == 0
    assert group.inode == 0
    assert not group.unlinked
