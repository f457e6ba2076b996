import time
from pathlib import Path

import pytest

from tests.spiders.test_github import known_file, repository
from tests.support.spiders.scripted_server import Answer, answering, crawl_of


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_quota_that_is_soon_free_is_waited_for(status: int, tmp_path: Path) -> None:
    answers: dict[str, list[Answer]] = {}
    with answering(answers) as source:
        free_at = int(time.time()) + 6
        used_up = Answer(status, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(free_at)})
        answers["/repos/heron/a"] = [used_up, Answer(200, repository("heron/a"))]
        came = crawl_of("github", source.url, tmp_path, {"RETRY_WAIT_MAX_S": "10"}, only="heron/a")
    assert (came.ids(), came.report.retries, came.report.complete) == (["heron/a"], 1, True)
    assert time.time() >= free_at - 1


def test_a_quota_that_is_free_too_late_ends_the_crawl_and_says_when(tmp_path: Path) -> None:
    used_up = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}
    answers = {"/repos/heron/a": [Answer(200, repository("heron/a"))], "/repos/heron/b": [Answer(403, {}, used_up)]}
    with answering(answers) as source:
        wanted = [f"heron/{name}" for name in "abcde"]
        came = crawl_of("github", source.url, tmp_path, known=known_file(tmp_path, *wanted))
    assert source.paths() == ["/repos/heron/a", "/repos/heron/b"]
    [reported] = came.reasons()
    assert "answered 403 (Forbidden) because our quota is used up until 2100-01-01T00:00:00.000Z" in reported
    assert reported.endswith("run again later; repositories not requested after it: 3")
    assert (came.ids(), came.report.complete) == (["heron/a"], False)


def test_the_last_request_of_a_quota_is_used_and_none_is_sent_after_it(tmp_path: Path) -> None:
    last = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}
    with answering({"/repos/heron/a": [Answer(200, repository("heron/a"), last)]}) as source:
        came = crawl_of("github", source.url, tmp_path, only="heron/a,heron/b,heron/c")
    assert (came.ids(), source.paths()) == (["heron/a"], ["/repos/heron/a"])
    [reported] = came.reasons()
    assert "was not sent, because the source asked for a pause of" in reported
    assert reported.endswith("; repositories not requested after it: 1")


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_one_failure_and_not_one_for_each_repository(status: int, tmp_path: Path) -> None:
    answers = {f"/repos/heron/{n}": [Answer(status, {"message": "Bad credentials"})] for n in "abc"}
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, only="heron/a,heron/b,heron/c")
    assert (source.paths(), len(came.reasons())) == (["/repos/heron/a"], 1)
    assert (came.report.complete, came.report.listings) == (False, 0)


def test_after_failures_in_a_row_the_rest_is_left_alone(tmp_path: Path) -> None:
    wanted = [f"heron/{n}" for n in range(9)]
    answers = {f"/repos/{name}": [Answer(500, {})] for name in wanted}
    answers["/repos/heron/1"] = [Answer(200, repository("heron/1"))]
    with answering(answers) as source:
        came = crawl_of("github", source.url, tmp_path, {"RETRY_TIMES": "0"}, known=known_file(tmp_path, *wanted))
    assert source.paths() == [f"/repos/heron/{n}" for n in range(7)]
    assert [one.id for one in came.quarantined] == [f"heron/{n}" for n in (0, 2, 3, 4, 5)]
    [reported] = came.reasons()
    assert reported.endswith("; repositories not requested after it: 2")


@pytest.mark.parametrize("answer", [Answer(400), Answer(500), Answer(302, b"", {"Location": "/login"})])
def test_one_repository_that_cannot_be_had_is_put_aside_alone(answer: Answer, tmp_path: Path) -> None:
    answers = {f"/repos/heron/{n}": [Answer(200, repository(f"heron/{n}"))] for n in "ac"}
    with answering({**answers, "/repos/heron/b": [answer]}) as source:
        came = crawl_of("github", source.url, tmp_path, only="heron/a,heron/b,heron/c")
    assert (came.ids(), came.report.complete) == (["heron/a", "heron/c"], True)
    [refused] = came.quarantined
    assert (refused.id, refused.stage) == ("heron/b", "fetch")
    assert f"answered {answer.status}" in refused.reason


@pytest.mark.parametrize("body", [b"[]", b"<html>", b"{"])
def test_an_answer_that_is_no_repository_is_put_aside(body: bytes, tmp_path: Path) -> None:
    with answering({"/repos/heron/a": [Answer(200, body)]}) as source:
        came = crawl_of("github", source.url, tmp_path, only="heron/a")
    assert (came.report.complete, came.report.retries, len(came.reasons())) == (True, 2, 0)
    assert [one.id for one in came.quarantined] == ["heron/a"]
