from spiders.frontier import fair_order

SEEN = {
    "ada/old": "2026-01-01T00:00:00.000Z",
    "ada/older": "2025-01-01T00:00:00.000Z",
    "ada/twin": "2026-01-01T00:00:00.000Z",
    "ada/fresh": "2026-06-01T00:00:00.000Z",
    "ada/fresher": "2026-06-02T00:00:00.000Z",
}
DUE = "2026-06-01T00:00:00.000Z"


def turns(*ids: str, lot: str = "today") -> list[str]:
    return list(fair_order(ids, SEEN, due=DUE, lot=lot))


def test_what_is_due_alternates_with_what_was_never_seen_and_the_rest_comes_after() -> None:
    order = turns("ada/new", "ada/fresher", "ada/twin", "ada/fresh", "ada/older", "ada/newer", "ada/older")
    assert [order[0], order[2]] == ["ada/older", "ada/twin"]
    assert {order[1], order[3]} == {"ada/new", "ada/newer"}
    assert order[4:] == ["ada/fresh", "ada/fresher"]


def test_nobody_is_left_out_where_one_kind_is_missing() -> None:
    assert turns(*SEEN) == ["ada/older", "ada/old", "ada/twin", "ada/fresh", "ada/fresher"]
    assert turns("ada/fresh", "ada/new") == ["ada/new", "ada/fresh"]
    assert turns() == []


def test_those_never_seen_come_in_another_order_in_another_crawl_and_in_the_same_in_the_same() -> None:
    new = [f"ada/{number}" for number in range(20)]
    assert turns(*new) == turns(*reversed(new))
    assert turns(*new) != turns(*new, lot="tomorrow")
    assert {turns(*new, lot=f"day {day}")[0] for day in range(300)} == set(new), "each has its turn"
