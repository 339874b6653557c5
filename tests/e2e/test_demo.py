"""`consent-vault demo`, as a newcomer types it: the story, the JSON, other data, and no trace of it afterwards."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from consent_vault import Vault

from tests.command import COMMAND, environment, run
from vault.cli.demo.company import SAMPLE

SUBSCRIBED = "mailchimp/subscribed_members_export_7c1f0a92be.csv"
UNSUBSCRIBED = "mailchimp/unsubscribed_members_export_7c1f0a92be.csv"
NEWSLETTER = "newsletter.csv"
PATIENCE = 60
Json = dict[str, Any]
Rows = list[list[str]]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What the demo of the sample company prints, once for all tests."""
    data = tmp_path_factory.mktemp("demo") / "data"
    outcome: Json = json.loads(run("demo", "--once", "--json", data=data).well())
    assert list(data.iterdir()) == []
    return outcome


def rows(path: str) -> Rows:
    text = SAMPLE.joinpath(path).read_text("utf-8")
    return list(csv.reader(io.StringIO(text, newline="")))


def company(folder: Path, files: Mapping[str, Sequence[Sequence[str]]]) -> Path:
    """Make a folder with the sample's organization file and these exports."""
    folder.mkdir()
    folder.joinpath("organization.yaml").write_bytes(SAMPLE.joinpath("organization.yaml").read_bytes())
    for path, content in files.items():
        folder.joinpath(path).parent.mkdir(exist_ok=True)
        with folder.joinpath(path).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(content)
    return folder


def few() -> dict[str, Rows]:
    """The sample's first readable subscriptions with proof, confirmed after they were asked for; its first who left."""
    head, *members = rows(SUBSCRIBED)
    asked, sender, confirmed = (head.index(name) for name in ("OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME"))
    whole = [row for row in members if len(row) == len(head) and row[1]]
    proven = [row for row in whole if row[sender] and row[asked] <= row[confirmed]]
    return {SUBSCRIBED: [head, *proven[:4]], UNSUBSCRIBED: rows(UNSUBSCRIBED)[:3]}


def demo(tmp_path: Path, folder: Path) -> Json:
    outcome: Json = json.loads(run("demo", "--once", "--json", "--data", folder, data=tmp_path / "vault").well())
    return outcome


def released(outcome: Json) -> set[str]:
    return {value for one in outcome["decisions"] for value in one["released"].values()}


def noes(outcome: Json) -> int:
    return sum(
        one["reasons"][0] == "withdrawn" for one in outcome["decisions"] if "of the files" in one["question"]["about"]
    )


def test_one_json_object_tells_it_all(told: Json) -> None:
    assert set(told) == {"customers", "facts", "decisions", "log_entries", "seconds"}
    assert (told["customers"], told["facts"]) == (866, 938)  # 865 and 932 from the files, the rest at the desk
    assert told["log_entries"] > told["customers"] + len(told["decisions"])
    assert 0 < told["seconds"] < PATIENCE
    for one in told["decisions"]:
        assert set(one) == {"question", "allowed", "outcome", "reasons", "released"}
        assert one["outcome"] == ("allow" if one["allowed"] else "deny")
        assert one["reasons"]
        assert one["allowed"] or not one["released"]


def test_a_yes_releases_an_address(told: Json) -> None:
    addresses = [one["released"].get("contact", "") for one in told["decisions"] if one["allowed"]]
    assert len(addresses) >= 2
    assert all("@" in address for address in addresses)


def test_every_kind_of_no_is_shown(told: Json) -> None:
    shown = {code for one in told["decisions"] if not one["allowed"] for code in one["reasons"]}
    assert shown >= {
        "never_asked", "withdrawn", "objected", "purpose_not_granted_to_client", "unknown_customer", "consent_expired",
        "refused", "evidence_missing", "unverified", "suppressed", "minor",
    }  # fmt: skip


def test_a_guardian_says_the_yes_that_a_child_may_not(told: Json) -> None:
    child, guarded = [one for one in told["decisions"] if "aged" in one["question"]["about"]]
    assert (child["allowed"], child["reasons"][0], guarded["reasons"]) == (False, "minor", ["opted_in"])


def test_people_are_called_by_a_number_and_not_by_name(told: Json) -> None:
    known = {cell for path in (SUBSCRIBED, UNSUBSCRIBED) for row in rows(path)[1:] for cell in row[:3] if len(cell) > 3}
    questions = " ".join(one["question"]["about"] for one in told["decisions"])
    assert not [word for word in known if re.search(rf"\b{re.escape(word)}\b", questions)]


def test_the_story_says_what_became_of_every_row_and_shows_only_what_was_released(tmp_path: Path) -> None:
    files = few()
    files[SUBSCRIBED].append(["nobody"])
    story = run("demo", "--once", "--data", company(tmp_path / "company", files), data=tmp_path / "vault").well()
    assert f"{SUBSCRIBED}: 5 rows, 4 applied, 1 put aside" in story
    assert "put aside: more or fewer cells than the header (wrong_column_count), 1" in story
    shown = set(re.findall(r"[\w.+-]+@[\w.-]+", story, re.ASCII))
    lines = [line for line in story.splitlines() if "released with this yes" in line]
    assert shown == set(re.findall(r"[\w.+-]+@[\w.-]+", "\n".join(lines), re.ASCII))
    assert shown


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_loaded_without_it(tmp_path: Path) -> None:
    files = few() | {NEWSLETTER: rows(SUBSCRIBED)[:2]}
    folder = company(tmp_path / "company", files)
    ended = run("demo", "--once", "--data", folder, data=tmp_path / "vault")
    assert ended.status == 2
    assert NEWSLETTER in ended.err


def test_whoever_moves_to_those_who_left_is_refused(tmp_path: Path) -> None:
    files = few()
    before = demo(tmp_path, company(tmp_path / "before", files))
    head, moving, *others = files[SUBSCRIBED]
    address = moving[head.index("Email Address")].strip().lower()
    assert address in {value.lower() for value in released(before)}

    left, *gone = files[UNSUBSCRIBED]
    names = {name.casefold(): cell for name, cell in zip(head, moving, strict=True)} | {
        "e-mail-adresse": moving[head.index("Email Address")]
    }
    moved = [names.get(name.casefold(), "") for name in left]
    changed = {SUBSCRIBED: [head, *others], UNSUBSCRIBED: [left, moved, *gone]}
    after = demo(tmp_path, company(tmp_path / "after", changed))
    assert after["customers"] == before["customers"]
    assert address not in {value.lower() for value in released(after)}
    assert noes(after) > noes(before)


def test_it_stays_up_to_go_on_playing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    data = tmp_path / "vault"
    with staying(data, company(tmp_path / "company", few())) as (process, story):
        [url] = set(re.findall(r"the server +(http://\S+)", story))
        [(client, pem)] = re.findall(r'Path\("(\S+?)/(\w+)\.pem"\)', story)
        [customer] = re.findall(r"a customer +(cus_\w+)", story)
        [portal] = re.findall(r"its portal +(http\S+)", story)
        with urlopen(portal) as page:  # noqa: S310 - the demo's own
            assert "Fernhill Outdoor" in page.read().decode()
        key = Path(client, f"{pem}.pem")
        assert key.stat().st_mode & 0o777 == 0o600
        with Vault(url, client_id=f"fernhill.{pem}", private_key=key.read_bytes(), kid="demo") as vault:
            assert vault.decide(customer=customer, purpose="newsletter", channel="email").reasons
        command = [sys.executable, "-c", snippet(story)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - what it offers
        assert re.match(r"(True|False) \['\w+'", said)
        home = (key.parent.parent / "postgres").resolve()
        processes = _of(process.pid, home)
        assert len(processes) > 2
    assert process.returncode == 0
    assert _alive(processes) == []
    assert not home.exists()
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_while_it_loads_it_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "vault"
    with _started(data) as process:
        _wait_for(lambda: any(data.glob("demo-*/root.key")), process)
        process.send_signal(number)
        assert process.wait(PATIENCE) == 130
    assert list(data.iterdir()) == []


def test_killed_it_takes_server_and_database_with_it(tmp_path: Path) -> None:
    data = tmp_path / "vault"
    with staying(data, company(tmp_path / "company", few())) as (process, _):
        [link] = data.glob("demo-*/postgres")
        home = link.resolve()
        processes = _of(process.pid, home)
        process.kill()
        process.wait()
        patience = time.monotonic() + PATIENCE
        while _alive(processes) and time.monotonic() < patience:
            time.sleep(0.1)
        assert _alive(processes) == []
        shutil.rmtree(home)  # root's stands outside of tmp_path


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("nothing", "is no folder"),
        ("no file", "organization.yaml cannot be read"),
        ("no exports", "holds no file that a source in its organization.yaml declares"),
        ("latin", "is not UTF-8 text"),
        ("no asker", "no client with private_key_jwt"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_sentence_without_a_value(tmp_path: Path, wrong: str, says: str) -> None:
    folder = tmp_path / "company"
    if wrong != "nothing":
        company(folder, {} if wrong == "no exports" else few())
    file = folder / "organization.yaml"
    match wrong:
        case "no file":
            file.unlink()
        case "latin":
            file.write_bytes("name: Größe".encode("cp1252"))
        case "no asker":
            declared = yaml.safe_load(file.read_text("utf-8"))
            declared["clients"] = {"shop": declared["clients"]["larkline_sms"]}
            file.write_text(json.dumps(declared, default=lambda value: value.isoformat()), encoding="utf-8")
    sentence = run("demo", "--once", "--json", "--data", folder, data=tmp_path / "vault").refused()
    assert says in sentence
    assert "@" not in sentence
    assert not (tmp_path / "vault").exists()


def test_a_failing_run_shows_nothing_personal_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = company(tmp_path / "company", few())
    text = folder.joinpath("organization.yaml").read_text("utf-8")
    folder.joinpath("organization.yaml").write_text(text.replace("channel: email, at: UNSUB_TIME", "channel: smoke"))
    failed = run("demo", "--once", "--data", folder, data=tmp_path / "vault")
    assert failed.status == 2
    assert "smoke" in failed.err
    people = {cell for path, content in few().items() for row in content[1:] for cell in row[:3] if path and cell}
    assert [word for word in people if word in failed.out + failed.err] == []


def test_a_database_of_yours_is_never_touched(tmp_path: Path) -> None:
    folder = company(tmp_path / "company", few())
    settings = {"data": tmp_path / "vault", "database_url": "postgresql://nobody@127.0.0.1:1/none", "pool": "many"}
    assert json.loads(run("demo", "--once", "--json", "--data", folder, **settings).well())["customers"]


@contextmanager
def staying(data: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that stays up, with what it said; ended by Ctrl-C."""
    with _started(data, "--data", str(folder)) as process:
        assert process.stdout is not None
        story = ""
        for line in process.stdout:
            story += line
            if "/oauth/token" in line:
                break
        yield process, story
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


@contextmanager
def _started(data: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603 - our own command
        [COMMAND, "demo", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(data=data),
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)


def _wait_for(happened: Any, process: subprocess.Popen[str]) -> None:
    patience = time.monotonic() + PATIENCE
    while not happened():
        assert process.poll() is None
        assert time.monotonic() < patience
        time.sleep(0.02)


def snippet(story: str) -> str:
    """Return the Python the demo offers."""
    lines = story.partition("In Python:\n")[2].partition("A token with")[0]
    return "\n".join(line.removeprefix("    ") for line in lines.splitlines())


def _of(pid: int, home: Path) -> list[int]:
    """Return a demo's processes: all it started, and the database that serves its folder."""
    [postmaster] = [int(file.read_text().split()[0]) for file in home.glob("data/postmaster.pid")]
    return [*_children(pid), postmaster, *_children(postmaster)]


def _alive(pids: list[int]) -> list[int]:
    """Return those that run; one that ended may wait for whoever adopted it to ask how."""

    def state(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "Z"

    return [pid for pid in pids if state(pid) != "Z"]


def _children(pid: int) -> list[int]:
    """Return a process's children and theirs, and so on."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, task.joinpath("children").read_text().split()):
            found += [child, *_children(child)]
    return found
