"""What is said at the start, and what is not served."""

from __future__ import annotations

from tests.support.process import Legwork, call


def test_in_production_without_clients_it_refuses_and_names_the_variable(legwork: Legwork) -> None:
    legwork.settings = {"allow_unauthenticated": ""}
    legwork.start()
    assert legwork.ended() == 1
    assert "LEGWORK_CLIENTS_FILE: a file with the registered clients was expected" in legwork.log
    assert "LEGWORK_ALLOW_UNAUTHENTICATED=true" in legwork.log
    assert "Traceback" not in legwork.log


def test_a_clients_file_without_clients_is_refused_with_file_and_line(legwork: Legwork) -> None:
    file = legwork.folder / "clients.yaml"
    file.parent.mkdir()
    file.write_text("clients: []\n")
    legwork.settings = {"allow_unauthenticated": "", "clients_file": file, "public_url": "https://legwork.example.org"}
    legwork.settings["workers"] = 2
    legwork.start()
    assert legwork.ended() == 1
    assert f"{file}:1: at least one client was expected" in legwork.log


def test_answering_anyone_in_production_is_logged_loudly_and_a_port_that_is_taken_is_named(legwork: Legwork) -> None:
    with legwork.running() as url:
        assert call(url).status_code == 200
        loud = [line for line in legwork.lines if "LEGWORK_ALLOW_UNAUTHENTICATED is true" in line.get("message", "")]
        assert [line["level"] for line in loud] == ["warning"]
        # A second one, by mistake.
        port = url.rpartition(":")[2]
        done = Legwork(legwork.folder / "other", {"port": port}).run("serve")
        assert done.returncode == 1
        assert f"cannot listen on 127.0.0.1 port {port}" in done.stderr
        assert call(url).status_code == 200
