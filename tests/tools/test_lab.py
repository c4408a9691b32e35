"""`make lab` twice: the second says where the first is. tests/browser opens the course for real."""

import socket

import lab

from helpers.environment import ROOT


def test_a_course_that_is_open_is_not_opened_again(monkeypatch, capsys):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = {"hostname": "127.0.0.1", "port": port, "token": "abc", "root_dir": str(ROOT)}
        server["url"] = f"http://127.0.0.1:{port}/"
        other = server | {"root_dir": str(ROOT.parent)}
        monkeypatch.setattr(
            "jupyter_server.serverapp.list_running_servers", lambda: [other, server]
        )
        lab.main(["--no-browser"])
        address = f"http://127.0.0.1:{port}{lab.PLACE}?token=abc"
        assert capsys.readouterr().out == f"The course is open already, at {address}\n"
    assert lab.running() is None  # it was killed: it is listed, and does not answer
