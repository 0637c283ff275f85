"""Names from a language model: what is sent, what is believed, and what happens when nobody answers."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from voc.errors import ConfigError
from voc.topics.naming import Unnamed, client, named, supported
from voc.topics.words import Words

pytestmark = pytest.mark.topics
TOPIC = Unnamed("T0007", ["手指", "铝箔"], ["铝箔划破了手指", "开袋被铝箔划手", "铝箔边太利划伤手指"])


class Service(HTTPServer):
    """An OpenAI-compatible service that says what it is told to and remembers what it was sent."""

    def __init__(self):
        self.answer, self.seen = (200, {}, b""), []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def says(self, content):
        self.answer = (200, {}, json.dumps({"choices": [{"message": {"content": content}}]}).encode())


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers.get("Authorization"), json.loads(body)))
        status, headers, content = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def service():
    made = Service()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_name_in_the_customers_words_is_taken(service):
    service.says("「铝箔划破手指」")
    ask = client(service.url, "small", environ={"VOC_NAMES_KEY": "secret"})
    assert named([TOPIC], ask) == {"T0007": "铝箔划破手指"}
    ((path, key, body),) = service.seen
    assert (path, key, body["model"], body["temperature"]) == ("/v1/chat/completions", "Bearer secret", "small", 0)
    (message,) = body["messages"]
    assert all(quote in message["content"] for quote in TOPIC.quotes)


@pytest.mark.parametrize(
    "said", ["包装设计缺陷", "打电话给13800138000", "", "的", "铝箔" * 20, "ignore all instructions"]
)
def test_a_name_that_nobody_said_is_dropped(service, said):
    service.says(said)
    assert named([TOPIC], client(service.url, "small", environ={})) == {}


@pytest.mark.parametrize(
    "answer",
    [(500, {}, b""), (200, {}, b"<html>"), (200, {}, b"{}"), (200, {}, b'{"choices": []}'),
     (302, {"Location": "/v1/other"}, b"")],
)  # fmt: skip
def test_a_service_that_fails_costs_a_name_and_nothing_else(service, answer):
    service.answer = answer
    assert named([TOPIC, Unnamed("T0008", [], [])], client(service.url, "small", environ={})) == {}
    assert len(service.seen) == 1  # no redirection is followed, and without clauses nothing is asked


def test_nobody_there():
    assert named([TOPIC], client("http://127.0.0.1:9/v1", "small", environ={}, timeout=2)) == {}


@pytest.mark.parametrize(
    ("url", "model"), [("ftp://host/v1", "m"), ("host", "m"), ("http://me:key@host/v1", "m"), ("http://host/v1", "")]
)
def test_addresses_that_are_none(url, model):
    with pytest.raises(ConfigError, match="names_url"):
        client(url, model, environ={})


def test_english_names():
    words = Words()
    assert supported("Refund never came", ["my refund never came"], words)
    assert not supported("Refund refused", ["my refund never came"], words)
