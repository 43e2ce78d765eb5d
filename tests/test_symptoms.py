"""A pasted message leads to the code of its fault, first; any other text to none.

The messages are those that clients printed for faults made on loopback, whole lines where they
print whole lines. Where one message has several causes the table says which is named first.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certkit.cli.explain import explain_command
from certkit.errors import CertkitError, ExitCode
from certkit.explanations.recognise import CANDIDATES, LONGEST, first_url, recognise
from certkit.explanations.symptoms import STATUS, SYMPTOMS, VAGUE, WHOLE
from certkit.findings import CODES
from tests.symptom_cases import CASES

PLACES = [("lab.test", "8443"), ("chat.dev.example.com", "443"), ("localhost", "1006")]

# Warnings that break nothing, and texts that are about something else.
UNKNOWN = [
    '[warn] "ssl_stapling" ignored, no OCSP responder URL in the certificate',
    '[warn] the "listen ... http2" directive is deprecated, use the "http2" directive instead',
    "it is raining",
    "TypeError: undefined is not a function",
    "segmentation fault (core dumped)",
    "HTTP/1.1 200 OK",
    "line 1006 of server.py",
    "the server listens on port 1015",
    "I closed the door after 60 seconds",
    "timed out waiting for the bus",
    "a certificate of birth",
    "permission denied",
    "npm ERR! code E404",
    "CORS policy: No 'Access-Control-Allow-Origin' header is present",
    "SyntaxError: Unexpected token < in JSON at position 0",
    "a room with 404 chairs",
    "eofs",
    "ERR_CERT",
    "",
    "🦊",
]
# Nobody prints a word about these: certkit finds them by looking.
SILENT = {
    "chain.wrong-order",
    "validity.expiring",
    "name.wildcard-apex",
    "name.wildcard-public-suffix",
    "name.wildcard-partial",
    "name.idn-mixed-script",
    "usage.csr-extensions-ignored",
    "files.key-readable",
    "files.outdated",
    "files.key-in-git",
    "nginx.old-protocol",
    "nginx.weak-cipher",
    "nginx.no-tls13",
    "ca.unconstrained",
    "home.recovered",
    "internal.check-crashed",
}


def filled(message: str, host: str = "lab.test", port: str = "8443") -> str:
    if "{" not in message:
        return message
    return message.format(host=host, port=port, alert="certificate_unknown")


def tables():
    for table in (SYMPTOMS, VAGUE):
        for rows in table.values():
            yield from rows.items()


@pytest.mark.parametrize(("host", "port"), PLACES, ids=lambda value: value)
@pytest.mark.parametrize(("message", "code"), CASES)
def test_the_words_of_a_client_lead_to_the_code_of_the_fault(message, code, host, port):
    assert recognise(filled(message, host, port))[0] == code


@pytest.mark.parametrize(
    "pasted",
    [
        str.upper,
        lambda text: text.replace("'", "’").replace('"', "“"),
        lambda text: text.replace(" ", "\n    "),
        lambda text: "\n".join(text[at : at + 23] for at in range(0, len(text), 23)),
        lambda text: "\x1b[31m" + text.replace(": ", ": \x1b[0m"),
        lambda text: f"app.js:17 {text} (anonymous) @ app.js:17",
    ],
    ids=["upper", "typographic", "wrapped", "cut-by-a-terminal", "coloured", "surrounded"],
)
@pytest.mark.parametrize(
    ("message", "code"), [case for case in CASES if len(case[0]) > 12 and "426" not in case[0]]
)
def test_how_it_was_copied_does_not_count(message, code, pasted):
    assert recognise(pasted(filled(message)))[0] == code


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_text_about_something_else_leads_nowhere(text):
    assert recognise(text) == ()


def test_every_phrase_leads_to_its_own_code_and_every_code_exists():
    for phrase, codes in tables():
        assert set(codes.split()) <= set(CODES), phrase
        assert recognise(phrase.replace("…", " of lab.test "))[0] == codes.split()[0], phrase
    for codes in (*STATUS.values(), *WHOLE.values()):
        assert set(codes.split()) <= set(CODES)


def test_every_code_that_somebody_has_words_for_can_be_reached():
    reached = {
        code for codes in (*dict(tables()).values(), *STATUS.values()) for code in codes.split()
    }
    assert set(CODES) - reached == SILENT


def test_a_phrase_has_one_gap_at_most_so_that_a_search_stays_linear():
    assert [phrase for phrase, _ in tables() if phrase.count("…") > 1] == []


@pytest.mark.parametrize(
    "piece",
    [
        "a", "1.", "1.1.1.", ":", "::", "a:", "a::", "\n", " \n", "\x1b[", "\x1b[1;", "wss://", "ı",
        "ﬃ",
        "certificate is valid for ", "x509: certificate has expired or is not yet valid ",
        "1006 ", "404 ", "http 1 1 ", "wss 10.0.0.5 ", "did not receive a valid HTTP response ",
    ],
)  # fmt: skip
def test_no_text_keeps_it_busy(piece):
    text = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    recognise(text)
    first_url(text)
    assert time.process_time() - begun < 1


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from([m for m, _ in CASES])).map(" ".join)))
def test_any_text_has_an_answer(text):
    codes = recognise(text)
    assert len(codes) <= CANDIDATES
    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(CODES)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L", "Nd", "P", "Zs", "Cc", "Cf"]), min_size=1))
def test_the_command_answers_any_text_or_says_that_it_cannot(text):
    if recognise(f"--not-a-code {text}"):
        assert explain_command(["--not-a-code", text]).data["code"] in CODES
        return
    refused = explain_command(["--not-a-code", text])
    assert refused.exit_code is ExitCode.NO
    assert refused.data == {"code": None, "also": []}
    assert not {category(character)[0] for character in refused.text} & {"C"}
    assert refused.talk[-1] == "codes: certkit explain --all"


def test_only_the_beginning_of_a_text_is_looked_at():
    assert recognise(" " * (LONGEST - 30) + "ERR_CERT_DATE_INVALID")
    assert recognise(" " * LONGEST + "ERR_CERT_DATE_INVALID") == ()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("page 'https://a.test/x' opened 'wss://b.test:8443/ws'.", "wss://b.test:8443/ws"),
        ("at wss://[::1]:8443/.", "wss://[::1]:8443/"),
        ("see https://a.test.", "https://a.test"),
        ("(wss://[::1], wss://b.test)", "wss://[::1]"),
        ("(like wss://b.test:8443)", "wss://b.test:8443"),
        ("wss://", None),
        ("no address", None),
        ("wss://a\x1b[2Jb", None),
    ],
)
def test_the_address_to_ask_the_doctor_about(text, url):
    assert first_url(text) == url


# ---- the command ---------------------------------------------------------------------------------


def run(*arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    stdin = {"stdin": subprocess.DEVNULL} if given is None else {"input": given}
    return subprocess.run(
        [sys.executable, "-m", "certkit", "explain", *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "COLUMNS": "100"},
        **stdin,
    )


def data(done: subprocess.CompletedProcess[bytes]) -> dict[str, object]:
    return json.loads(done.stdout)["data"]


TOO_OLD = "certificate has expired"


def test_a_text_is_explained_with_what_else_it_may_mean():
    done = data(run(TOO_OLD, "--json"))
    assert done["code"] == "validity.expired"
    assert done["title"] == CODES["validity.expired"]
    assert done["also"] == ["validity.issuer-expired"]
    assert "Repair" in done["explanation"]


def test_a_code_keeps_its_shape():
    assert set(data(run("validity.expired", "--json"))) == {"code", "title", "explanation"}
    assert set(data(run(" Validity.Expired ", "--json"))) == {"code", "title", "explanation"}


def test_forgotten_quotes_do_not_matter():
    assert data(run(*TOO_OLD.split(), "--json"))["code"] == "validity.expired"


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_a_text_comes_in_by_a_pipe(arguments):
    done = run(*arguments, "--json", given=TOO_OLD.encode())
    assert data(done)["code"] == "validity.expired"


def test_a_pipe_may_bring_anything():
    assert run(given=b"\xff\xfe\0" * 100_000).returncode == 1
    assert run("-", given=b"").returncode == 2
    assert b"name.mismatch" in run(given=b"").stdout
    assert b"name.mismatch" in run().stdout


def test_all_asks_no_pipe():
    reader, writer = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "certkit", "explain", "--all"],
            stdin=reader,
            capture_output=True,
            check=True,
            timeout=30,
        )
    finally:
        os.close(reader)
        os.close(writer)
    assert b"name.mismatch" in done.stdout


def test_an_unknown_text_is_not_recognised_and_names_the_doctor():
    done = run("nothing known about wss://a.test:8443/x;reboot")
    assert done.returncode == 1
    assert done.stdout.startswith(b"not recognised: 'nothing known about")
    assert b"certkit doctor 'wss://a.test:8443/x;reboot'" in done.stderr
    assert b"certkit explain --all" in done.stderr
    envelope = json.loads(run("it is raining", "--json").stdout)
    assert (envelope["status"], envelope["exit_code"], envelope["errors"]) == ("no", 1, [])


def test_a_misspelt_code_is_told_its_neighbour():
    done = run("name.mismatches")
    assert b"certkit explain name.mismatch" in done.stderr
    assert done.returncode == 2


def test_a_hostile_text_is_escaped_and_cut():
    done = run("\x1b[2J\x07" + "wider " * 1000)
    assert b"\x1b[2J" not in done.stdout
    assert b"\\x1b[2J" in done.stdout
    assert len(done.stdout) < 1000


def test_a_recognised_text_is_not_printed_but_for_its_quoted_address():
    done = run(f"\x1b[2J wss://a.test/$(reboot) {TOO_OLD}")
    assert done.returncode == 0
    assert b"\x1b" not in done.stdout
    assert b"certkit doctor 'wss://a.test/$(reboot)'" in done.stdout


def test_a_code_and_the_list_do_not_load_the_table():
    probe = "import sys; from certkit.cli.app import main\ntry: main(sys.argv[1:])\nfinally: "
    probe += "print('certkit.explanations.symptoms' in sys.modules, file=sys.stderr)"
    for argument, loaded in (
        ("--all", b"False"),
        ("name.mismatch", b"False"),
        ("1006", b"True"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", probe, "explain", argument], capture_output=True, check=True
        )
        assert done.stderr.splitlines()[-1] == loaded


def test_closed_standard_input_is_no_fault(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert "codes" in explain_command([]).data
    with pytest.raises(CertkitError, match="nothing on stdin"):
        explain_command(["-"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(TOO_OLD))  # no file behind it
    assert "codes" in explain_command([]).data
