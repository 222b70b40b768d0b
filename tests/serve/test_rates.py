from concurrent.futures import ThreadPoolExecutor

from serve.keys import make_key


def make_keys(folder):
    (alice, first), (bob, second) = make_key("alice"), make_key("bob")
    (folder / "keys").write_text(f"{first}\n{second}\n")
    return ({"authorization": f"Bearer {key}"} for key in (alice, bob))


def test_key_has_its_requests_a_minute_and_others_keep_theirs(start_service, tmp_path):
    alice, bob = make_keys(tmp_path)
    service = start_service(keys=tmp_path / "keys", key_requests=3)
    answers = [service.client.get("/v1/info", headers=alice) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["error"]["type"] == "TooManyRequests"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert service.client.get("/v1/info", headers=bob).status_code == 200
    assert service.client.get("/health").status_code == 200


def test_key_has_its_requests_at_once(start_service, tmp_path):
    alice, bob = make_keys(tmp_path)
    service = start_service(keys=tmp_path / "keys", key_concurrency=1, workers=2)
    ask = {"url": "/v1/label", "json": {"text": "sleep 1"}, "headers": alice}
    with ThreadPoolExecutor(1) as together:
        running = together.submit(service.client.post, **ask)
        service.wait_until(service.list_labelled)
        assert service.client.post(**ask).status_code == 429
        assert service.client.get("/v1/info", headers=bob).status_code == 200
        assert running.result().status_code == 200
    assert service.client.get("/v1/info", headers=alice).status_code == 200
