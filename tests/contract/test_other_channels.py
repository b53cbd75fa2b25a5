"""Mail by plain SMTP and chat through apprise, against real servers on loopback."""

from __future__ import annotations

import json
import threading
from email import message_from_string
from email.header import decode_header, make_header
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from msgspec.structs import replace

from alerts.channels import ChannelSender, channel_problems
from alerts.mail import MailAccount, MailSender, account_of
from alerts.model import Notice, NoticeState, Person
from alerts.notices import Fault
from alerts.senders import Senders
from alerts.sms import PaperSender
from sensors.model import Text
from tests.fakes.smtp import MailServer

S = NoticeState
BOSS = Person(id="boss", name=Text("赵主任", "Zhao"), mail="boss@example.org", channels=("mail", "chat"))
NOTICE = Notice(
    id="n1",
    about="a",
    reference="K001",
    person="boss",
    channel="mail",
    words="【市档案馆】紧急：2号库漏水。\n重要 3号库 高湿 K002",
    reason=Text("", ""),
    rung=0,
    due_at=0.0,
)


def mail(port: int) -> MailSender:
    return MailSender(MailAccount(host="127.0.0.1", port=port, sender="room@example.org", security="none"))


def test_a_letter_arrives_with_its_first_line_as_subject() -> None:
    with MailServer() as server:
        said = mail(server.port).send(NOTICE, BOSS)
        letter = message_from_string(server.letters[0])
    assert said.state is S.SENT
    assert type(said.provider_id) is str, "a header object would not go into the journal, and end the engine"
    assert said.provider_id == letter["Message-ID"]
    assert str(make_header(decode_header(letter["Subject"]))) == "【市档案馆】紧急：2号库漏水。"
    assert letter["To"] == "boss@example.org"
    assert "K002" in letter.get_payload(decode=True).decode()


@pytest.mark.parametrize(
    ("replies", "state", "fault"),
    [
        ({"RCPT": "550 no such person"}, S.FAILED, Fault.NUMBER),
        ({"RCPT": "451 later"}, S.FAILED, Fault.TEMPORARY),
        ({"MAIL": "530 sign in first"}, S.FAILED, Fault.CONFIGURATION),
        ({"DOT": "452 disk full"}, S.FAILED, Fault.TEMPORARY),
        ({"DOT": "die"}, S.UNCERTAIN, Fault.AMBIGUOUS),
        ({"EHLO": "die"}, S.FAILED, Fault.TEMPORARY),
    ],
)
def test_each_refusal_of_the_mail_server_has_its_class(
    replies: dict[str, str], state: NoticeState, fault: Fault
) -> None:
    with MailServer(**replies) as server:
        said = mail(server.port).send(NOTICE, BOSS)
    assert (said.state, said.fault) == (state, fault)


def test_no_mail_server_is_worth_retrying_and_a_lost_answer_cannot_be_known() -> None:
    way = mail(9)
    assert way.send(NOTICE, BOSS).fault is Fault.TEMPORARY
    assert way.look_up(replace(NOTICE, state=S.UNCERTAIN), BOSS).fault is Fault.UNKNOWABLE
    assert way.look_up(replace(NOTICE, state=S.SENT), BOSS) is None


def test_a_line_break_in_a_name_cannot_add_a_header() -> None:
    hostile = replace(NOTICE, words="Alarm\r\nBcc: all@example.org")
    with MailServer() as server:
        mail(server.port).send(hostile, BOSS)
        letter = message_from_string(server.letters[0])
    assert letter["Bcc"] is None


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtp://u%40x:p%3Aw@mail.example", "starttls", 587),
        ("smtps://u@mail.example", "tls", 465),
        ("smtp+plain://localhost:2525", "none", 2525),
    ],
)
def test_mail_addresses_are_read(url: str, security: str, port: int) -> None:
    account = account_of(url, "")
    assert (account.security, account.port) == (security, port)
    if "%40" in url:
        assert (account.user, account.password) == ("u@x", "p:w")


def test_a_mail_address_that_cannot_be_read_says_what_to_write() -> None:
    with pytest.raises(ValueError, match="smtp://"):
        account_of("mail.example:25", "")


class TestChat:
    @pytest.fixture
    def service(self) -> object:
        heard: list[dict[str, object]] = []
        status = [200]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status[0])
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1], heard, status
        server.shutdown()
        server.server_close()
        thread.join(5)

    def test_a_webhook_gets_the_words_and_says_whether_it_took_them(
        self, service: tuple[int, list[dict[str, object]], list[int]]
    ) -> None:
        port, heard, status = service
        way = ChannelSender({"chat": f"json://127.0.0.1:{port}/hook"})
        assert way.channels == {"chat"}
        chat = replace(NOTICE, channel="chat")
        assert way.send(chat, BOSS).state is S.SENT
        assert heard[0]["message"] == NOTICE.words
        status[0] = 503
        said = way.send(chat, BOSS)
        assert (said.state, said.fault) == (S.FAILED, Fault.TEMPORARY)

    def test_an_address_apprise_cannot_read_is_named(self) -> None:
        assert channel_problems({"good": "json://127.0.0.1/x", "bad": "nothing://x"}) == ["bad"]


def test_each_message_goes_to_the_sender_of_its_channel() -> None:
    paper, chat = PaperSender(frozenset({"sms"})), PaperSender(frozenset({"chat"}))
    both = Senders((paper, chat))
    assert both.channels == {"sms", "chat"}
    both.send(replace(NOTICE, channel="chat"), BOSS)
    assert (len(paper.trail), len(chat.trail)) == (0, 1)
    assert both.send(NOTICE, BOSS).fault is Fault.CONFIGURATION
