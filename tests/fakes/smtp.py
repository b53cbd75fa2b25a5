"""A mail server on loopback that takes, refuses or dies, one reply a step (RFC 5321)."""

from __future__ import annotations

import socketserver
import threading


class MailServer:
    """``replies`` answers the named commands ("RCPT", "DATA", ".") instead of success; "die" hangs up."""

    def __init__(self, **replies: str) -> None:
        self.letters: list[str] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 mail.example")
                while line := self.rfile.readline().decode().strip():
                    command = line.split()[0].upper()
                    given = replies.get(command, "")
                    if given == "die":
                        return
                    if given:
                        self.say(given)
                    elif command == "EHLO":
                        self.say("250 mail.example")
                    elif command == "DATA":
                        self.say("354 go on")
                        lines = []
                        while (part := self.rfile.readline().decode()) not in (".\r\n", ""):
                            lines.append(part)
                        outer.letters.append("".join(lines))
                        if replies.get("DOT") == "die":
                            return
                        self.say(replies.get("DOT", "250 taken"))
                    elif command == "QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 ok")

            def say(self, words: str) -> None:
                self.wfile.write(words.encode() + b"\r\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> MailServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
