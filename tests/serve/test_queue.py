import asyncio
import time

import pytest

from models.schema import Article
from serve.errors import DeadlineExceeded, QueueFull
from serve.queue import Job, JobQueue


def make_queue(*, articles=10, tokens=1_000, wait=30.0) -> JobQueue:
    return JobQueue(max_articles=articles, max_tokens=tokens, max_wait=wait)


def make_job(name="a", *, tokens=10, seconds=30.0) -> Job:
    article = Article(text="Norway", id=name)
    return Job(article=article, expand_groups=False, deadline=time.monotonic() + seconds, tokens=tokens)


def in_loop(test):
    """Run an async test."""

    def run():
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


@in_loop
async def test_articles_come_out_in_order():
    queue = make_queue()
    jobs = [make_job(name) for name in "abc"]
    queue.put(jobs)
    assert await queue.take(1_000) == jobs
    assert (len(queue), queue.tokens) == (0, 0)


@in_loop
async def test_queue_is_bounded_by_articles_and_by_tokens_and_takes_all_or_none():
    queue = make_queue(articles=3, tokens=100)
    queue.put([make_job(), make_job()])
    with pytest.raises(QueueFull) as full:
        queue.put([make_job(), make_job()])
    assert int(full.value.headers["retry-after"]) >= 1
    with pytest.raises(QueueFull):
        queue.put([make_job(tokens=81)])
    assert len(queue) == 2
    queue.put([make_job(tokens=80)])
    assert (queue.most_articles, queue.most_tokens) == (3, 100)


@in_loop
async def test_queue_is_full_when_its_work_would_not_be_done_in_time():
    queue = make_queue(tokens=10_000, wait=10)
    queue.workers = 2
    queue.note_speed(tokens=100, seconds=4)
    queue.put([make_job(tokens=1_000)])  # an empty queue takes whatever fits
    with pytest.raises(QueueFull) as full:
        queue.put([make_job(tokens=1)])
    assert full.value.headers["retry-after"] == "10"


@in_loop
async def test_batch_ends_at_its_tokens_but_has_at_least_one_article():
    queue = make_queue()
    queue.put([make_job(tokens=size) for size in (500, 40, 50, 20)])
    assert [job.tokens for job in await queue.take(100)] == [500]
    assert [job.tokens for job in await queue.take(100)] == [40, 50]


@in_loop
async def test_batch_leaves_the_other_workers_their_share():
    queue = make_queue()
    queue.workers = 3
    queue.put([make_job() for _ in range(7)])
    assert [len(await queue.take(1_000)) for _ in range(3)] == [3, 2, 1]


@in_loop
async def test_client_that_goes_leaves_the_queue_at_once():
    queue = make_queue()
    jobs = [make_job(name) for name in "abc"]
    queue.put(jobs)
    jobs[1].answer.cancel()
    await asyncio.sleep(0)
    assert (len(queue), queue.tokens) == (2, 20)
    assert await queue.take(1_000) == [jobs[0], jobs[2]]


@in_loop
async def test_deadline_in_the_queue_is_an_error_and_leaves_it():
    queue = make_queue()
    job = make_job(seconds=0.01)
    queue.put([job])
    with pytest.raises(DeadlineExceeded):
        await job.answer
    assert len(queue) == 0


@in_loop
async def test_deadline_holds_outside_the_queue_too():
    queue = make_queue()
    job = make_job(seconds=0.01)
    queue.put([job])
    assert await queue.take(1_000) == [job]
    with pytest.raises(DeadlineExceeded):
        await job.answer


@in_loop
async def test_jobs_that_come_back_go_first_unless_answered():
    queue = make_queue(articles=2)
    waiting, first, second, answered = (make_job(name) for name in "wabc")
    queue.put([waiting])
    answered.fail(DeadlineExceeded("late"))
    queue.put_back([first, answered, second])
    assert await queue.take(1_000) == [first, second, waiting]


@in_loop
async def test_who_waits_for_room_goes_on_when_there_is_some():
    queue = make_queue(articles=1)
    job = make_job()
    queue.put([job])
    waiting = asyncio.create_task(queue.wait_for_room(10))
    await asyncio.sleep(0)
    assert not waiting.done()
    await queue.take(1_000)
    await asyncio.wait_for(waiting, 5)
