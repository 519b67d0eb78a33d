"""The rules at every pace of scrapes and polls that they are made for: an exporter that watches two
Arkoudas is played second by second, and promtool says which alerts its pages lead to.

    python3 -m pytest test/kubernetes/corners_test.py
"""

import dataclasses
import json
import typing

import pytest

from support import ROOT, run, tool

RULES = ROOT / "deploy" / "prometheus" / "rules" / "arkouda-rules.yaml"
MINUTE, HOUR = 60, 3600
START = 2 * HOUR  # when something happens, unless a story says otherwise
STATES = ("answering", "busy", "unusable", "unreachable", "starting")
TARGET = {"job": "arkouda", "instance": "node1:5080"}


@dataclasses.dataclass(frozen=True)
class Pace:
    scrape: int  # seconds
    poll: int

    def __str__(self):
        return f"scrape-{self.scrape}s-poll-{self.poll}s"

    def is_scraped_at(self, now):
        """Every other scrape is a hundredth of its interval late, which is why Prometheus, which
        looks back for 5 minutes, has nothing at some whole minutes when it scrapes every 5."""
        number, rest = divmod(now - 58, self.scrape)
        return rest == (self.scrape // 100 if number % 2 else 0)

    @property
    def notice(self):
        """How long it may take until Prometheus knows what is so from now on: a poll that does not
        answer, the scrape after it, and an evaluation."""
        return self.poll + min(self.poll, 10) + self.scrape + self.scrape // 100 + MINUTE


# The corners, what is usual, and one in between.
PACES = [Pace(5, 1), Pace(5, 600), Pace(300, 1), Pace(300, 600), Pace(15, 5), Pace(120, 15)]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of one server that a timer or cron job writes with --once, for node_exporter to serve."""

    every: int  # seconds between two writes
    told: int  # --polling-interval
    written_until: float = float("inf")

    def is_written(self, now):
        return now % self.every == 0 and now <= self.written_until


@dataclasses.dataclass(frozen=True)
class Phase:
    """What Arkouda does from a moment on."""

    begin: int
    does: str  # answers, is busy, is gone, answers with nothing usable
    odd_entries: int = 0  # of every reply


@dataclasses.dataclass(frozen=True)
class Story:
    name: str
    phases: tuple = ()
    # What a reply taken at a time says beside the time; (family, labels) and value.
    reply: typing.Callable = lambda now: {}
    # By alert (and severity): the earliest and the latest time that it may begin, at a pace; it then
    # goes on to the end. All other alerts never fire.
    fires: typing.Callable = lambda pace: {}
    # By alert: when it must have ended.
    ends: typing.Callable = lambda pace: {}
    end: int = START + HOUR
    # Whether a scrape at that time reaches the exporter.
    is_reached: typing.Callable = lambda now: True
    # The pod that Prometheus scrapes at that time.
    pod: typing.Callable = lambda now: {}
    page: Page | None = None

    def __str__(self):
        return self.name.replace(" ", "-")


def locale(number):
    return {"locale_num": str(number), "locale_name": f"n{number}", "locale_hostname": f"n{number}"}


class Exporter:
    """One target: the session's state machine, as far as Prometheus sees it."""

    def __init__(self, name, story, pace):
        self.name, self.story, self.pace = name, story, pace
        self.state, self.reply, self.last_answer, self.skipped = "starting", {}, 0, 0
        self.sent_at = None

    def phase(self, now):
        begun = [phase for phase in self.story.phases if phase.begin <= now]
        return begun[-1] if begun else Phase(0, "answers")

    def on_second(self, now):
        phase = self.phase(now)
        if phase.does == "is gone":
            self.state, self.reply, self.sent_at = "unreachable", {}, None
            return
        if now % self.pace.poll == 0 and self.sent_at is None:
            self.sent_at = now
        if self.sent_at is None:
            return
        if phase.does == "is busy":
            if now - self.sent_at >= min(self.pace.poll, 10):
                self.state, self.reply = "busy", {}
            return
        self.sent_at = None
        if phase.does == "answers":
            self.state, self.last_answer = "answering", now
            self.skipped += phase.odd_entries
            self.reply = self.story.reply(now)
        else:
            self.state, self.reply = "unusable", {}

    def page(self):
        own = {
            ("arkouda_up", ()): int(self.state == "answering"),
            ("arkouda_exporter_polling_interval_seconds", ()): (
                self.story.page.told if self.story.page else self.pace.poll
            ),
            ("arkouda_exporter_last_successful_poll_timestamp_seconds", ()): self.last_answer,
            ("arkouda_exporter_skipped_entries_total", (("reason", "bad_value"),)): self.skipped,
        }
        for state in STATES:
            own["arkouda_exporter_target_state", (("state", state),)] = int(state == self.state)
        return {
            (family, (("arkouda_server_name", self.name), *labels)): value
            for (family, labels), value in {**own, **self.reply}.items()
        }


def healthy_reply(now):
    """A server that is used, evenly and with some memory."""
    return {
        ("arkouda_reported_timestamp", ()): 1713527700 + now,
        ("arkouda_total_number_of_requests", ()): 1000 + now,
        ("arkouda_total_number_of_errors", ()): 7,
        **{
            ("arkouda_pct_memory_used_per_locale", tuple(locale(i).items())): 30 + i
            for i in range(2)
        },
        (
            "arkouda_server_information_info",
            (
                ("arkouda_version", "v2024.04.19"),
                ("arkouda_server_hostname", "a"),
                ("arkouda_number_of_locales", "2"),
            ),
        ): 1,
        **command(now, now),
    }


def command(runs, seconds):
    labels = (("command", "argsort"),)
    return {
        ("arkouda_number_of_requests_per_command", labels): runs,
        ("arkouda_total_response_times_per_command", labels): seconds,
    }


def series_of(story, pace):
    """What Prometheus stores: by series, the samples by second."""

    def reply(now):
        """The story's own families in place of those."""
        own = story.reply(now)
        families = {family for family, _ in own}
        usual = {series: v for series, v in healthy_reply(now).items() if series[0] not in families}
        return usual | own

    one = dataclasses.replace(story, reply=reply)
    exporters = [Exporter("one", one, pace)]
    page, stored, before = {}, {}, {}
    if not story.page:
        exporters.append(Exporter("other", Story("other", reply=healthy_reply), pace))
        page = {("arkouda_exporter_build_info", (("version", "0.1.0"),)): 1}
    for now in range(story.end):
        for exporter in exporters:
            exporter.on_second(now)
            if story.page.is_written(now) if story.page else pace.is_scraped_at(now):
                page = {
                    series: value
                    for series, value in page.items()
                    if ("arkouda_server_name", exporter.name) not in series[1]
                } | exporter.page()
        if not pace.is_scraped_at(now):
            continue
        target = tuple({**TARGET, **story.pod(now)}.items())
        reached = story.is_reached(now)
        scraped = {} if reached is None else {("up", ()): int(reached), **(page if reached else {})}
        scraped = {
            (family, (*target, *labels)): value for (family, labels), value in scraped.items()
        }
        for series in before.keys() - scraped.keys():
            stored[series][now] = "stale"
        for series, value in scraped.items():
            stored.setdefault(series, {})[now] = value
        before = scraped
    return stored


def as_promtool_has_it(series, samples):
    family, labels = series
    values, expected = [], 0
    for now, value in samples.items():
        if now > expected:
            values.append(f"_x{now - expected}")
        values.append(str(value))
        expected = now + 1
    return {
        "series": family + "{" + ", ".join(f'{name}="{value}"' for name, value in labels) + "}",
        "values": " ".join(values),
    }


def expectations(story, pace):
    """Cases of promtool: expressions that must return one sample of a value, or nothing."""

    def case(expression, at, value=None):
        samples = [] if value is None else [{"labels": "{}", "value": value}]
        return {"expr": expression, "eval_time": f"{at}s", "exp_samples": samples}

    def firing(alert, server):
        name, _, severity = alert.partition(" ")
        matchers = f'alertstate="firing", alertname="{name}"'
        matchers += f', severity="{severity}"' if severity else ""
        return f"ALERTS{{{matchers}{server}}}"

    fires, ends = story.fires(pace), story.ends(pace)
    last = (story.end - 1) // MINUTE * MINUTE
    names = "|".join({alert.split()[0] for alert in fires}) or "none"
    yield case(
        f'count(last_over_time(ALERTS{{alertstate="firing", alertname!~"{names}"}}[{last}s]))', last
    )
    yield case(
        'count(last_over_time(ALERTS{alertstate="firing", arkouda_server_name="other"}'
        f"[{last}s]))",
        last,
    )
    for alert, (earliest, latest) in fires.items():
        of_the_exporter = alert.startswith("ArkoudaExporter")
        alerts = firing(alert, "" if of_the_exporter else ', arkouda_server_name="one"')
        earliest = earliest // MINUTE * MINUTE
        latest = -(-latest // MINUTE) * MINUTE
        until = -(-ends[alert] // MINUTE) * MINUTE if alert in ends else last
        yield case(f"count(last_over_time({alerts}[{earliest}s]))", earliest)
        if alert in ends:
            yield case(f"count(last_over_time({alerts}[{last}s]))", last, 1)
            yield case(f"count(last_over_time({alerts}[{last - until}s]))", last)
        else:
            # At every evaluation: it does not go out in between.
            number = (until - latest) // MINUTE
            yield case(f"sum(count_over_time({alerts}[{number * MINUTE - 30}s]))", last, number)


def fires(alert, earliest, latest):
    """Begins so long after START at the earliest, and at the latest that and what is noticed late."""
    return lambda pace: {alert: (START + earliest, START + latest + pace.notice)}


def slow_minutes(pace):
    """Two polls and two scrapes, which what pages has to wait for."""
    return 2 * pace.poll + 2 * pace.scrape


def memory(share, other=30):
    return {
        ("arkouda_pct_memory_used_per_locale", tuple(locale(0).items())): share,
        ("arkouda_pct_memory_used_per_locale", tuple(locale(1).items())): other,
    }


def with_pauses(begin, end, every, long):
    """Arkouda is busy again and again."""
    for now in range(begin, end, every):
        yield Phase(now, "is busy")
        yield Phase(now + long, "answers")


def elsewhere(number):
    """A locale of a server that was started anew, on other nodes."""
    return {("arkouda_pct_memory_used_per_locale", tuple(locale(number).items())): 5}


STORIES = [
    Story("all is well"),
    Story(
        "busy for an hour",
        phases=(Phase(START, "is busy"),),
        fires=fires("ArkoudaBusy", 15 * MINUTE, 15 * MINUTE),
    ),
    Story(
        "busy for a while again and again",
        phases=tuple(with_pauses(START, START + HOUR, 15 * MINUTE, 8 * MINUTE)),
    ),
    Story(
        "gone",
        phases=(Phase(START, "is gone"),),
        fires=lambda pace: {
            "ArkoudaDown": (
                START + 3 * MINUTE,
                START + 3 * MINUTE + pace.notice + slow_minutes(pace),
            )
        },
        end=START + 2 * HOUR,
    ),
    Story(
        "gone, restarted within a minute, and a restart is all that is told",
        phases=(Phase(START + 20, "is gone"), Phase(START + 70, "answers")),
        reply=lambda now: {
            ("arkouda_total_number_of_requests", ()): now if now < START else now - START
        },
        fires=lambda pace: {"ArkoudaRestarted": (START, START + 70 + pace.notice)},
        ends=lambda pace: {"ArkoudaRestarted": START + 70 + pace.notice + 16 * MINUTE},
    ),
    Story(
        "restarted after a quarter of an hour, with another version and fewer requests",
        phases=(Phase(START, "is gone"), Phase(START + 15 * MINUTE, "answers")),
        reply=lambda now: (
            {}
            if now < START
            else {
                ("arkouda_total_number_of_requests", ()): now - START,
                (
                    "arkouda_server_information_info",
                    (
                        ("arkouda_version", "v2026.08.01"),
                        ("arkouda_server_hostname", "b"),
                        ("arkouda_number_of_locales", "2"),
                    ),
                ): 1,
            }
        ),
        fires=lambda pace: {
            "ArkoudaRestarted": (START + 15 * MINUTE, START + 15 * MINUTE + pace.notice),
            "ArkoudaDown": (START + 3 * MINUTE, START + 45 * MINUTE),
        },
        ends=lambda pace: {
            "ArkoudaRestarted": START + 32 * MINUTE + pace.notice,
            "ArkoudaDown": START + 15 * MINUTE + pace.notice,
        },
        end=START + 90 * MINUTE,
    ),
    Story(
        "replies that can't be used",
        phases=(Phase(START, "answers with nothing usable"),),
        fires=lambda pace: {
            "ArkoudaRepliesUnusable": (
                START + 5 * MINUTE,
                START + 5 * MINUTE + pace.notice + slow_minutes(pace),
            )
        },
        end=START + 2 * HOUR,
    ),
    Story(
        "one reply that can't be used",
        phases=(Phase(START, "answers with nothing usable"), Phase(START + 1, "answers")),
    ),
    Story(
        "every reply has an odd entry",
        phases=(Phase(START, "answers", odd_entries=1),),
        fires=fires("ArkoudaEntriesSkipped", 10 * MINUTE, 22 * MINUTE),
        end=START + 2 * HOUR,
    ),
    Story(
        "one reply has an odd entry",
        phases=(Phase(START, "answers", odd_entries=1), Phase(START + 1, "answers")),
    ),
    Story(
        "the same reply again and again",
        reply=lambda now: {("arkouda_reported_timestamp", ()): 1713527700 + min(now, START)},
        fires=fires("ArkoudaDataStale", 20 * MINUTE, 28 * MINUTE),
        end=START + 2 * HOUR,
    ),
    Story(
        "a locale is full, and Arkouda busy now and then",
        phases=tuple(with_pauses(START - 3, START + 2 * HOUR, 17 * MINUTE, 8 * MINUTE)),
        reply=lambda now: memory(95, 92) if now >= START else {},
        fires=lambda pace: {
            "ArkoudaMemoryHigh critical": (START + 5 * MINUTE, START + 14 * MINUTE + pace.notice),
            "ArkoudaMemoryHigh warning": (START + 10 * MINUTE, START + 19 * MINUTE + pace.notice),
        },
        end=START + 2 * HOUR,
    ),
    Story(
        "a full Arkouda ends, is started elsewhere, and is busy from the start",
        phases=(Phase(START, "is gone"), Phase(START + 11 * MINUTE, "is busy")),
        reply=lambda now: (memory(95, 92) if now < START else {**elsewhere(7), **elsewhere(8)}),
        fires=lambda pace: {
            "ArkoudaMemoryHigh critical": (5 * MINUTE, 6 * MINUTE + pace.notice),
            "ArkoudaMemoryHigh warning": (10 * MINUTE, 11 * MINUTE + pace.notice),
            "ArkoudaDown": (START + 3 * MINUTE, START + 45 * MINUTE),
            "ArkoudaBusy": (START + 26 * MINUTE, START + 26 * MINUTE + pace.notice),
        },
        ends=lambda pace: {
            "ArkoudaMemoryHigh critical": START + 2 * MINUTE + pace.notice,
            "ArkoudaMemoryHigh warning": START + 2 * MINUTE + pace.notice,
            "ArkoudaDown": START + 11 * MINUTE + pace.notice,
        },
        end=START + 90 * MINUTE,
    ),
    Story(
        "memory grows by a tenth an hour from a half",
        reply=lambda now: memory(50 + (now - START) / HOUR * 14 if now >= START else 30),
        fires=fires("ArkoudaMemoryFillsUp", 40 * MINUTE, 60 * MINUTE),
        end=START + 2 * HOUR,
    ),
    Story(
        "one large array",
        reply=lambda now: memory(70 if now >= START else 50, 52),
        end=START + 2 * HOUR,
    ),
    Story(
        "one locale has far more than the other",
        reply=lambda now: memory(79, 20) if now >= START else {},
        phases=tuple(with_pauses(START - 3, START + 2 * HOUR, 17 * MINUTE, 8 * MINUTE)),
        fires=fires("ArkoudaMemoryImbalanced", 30 * MINUTE, 40 * MINUTE),
        end=START + 2 * HOUR,
    ),
    Story(
        "every fifth request fails",
        reply=lambda now: {("arkouda_total_number_of_errors", ()): max(0, now - START) // 5},
        fires=fires("ArkoudaErrorsHigh", 10 * MINUTE, 30 * MINUTE),
        end=START + 2 * HOUR,
    ),
    Story(
        "a command takes five times as long",
        reply=lambda now: command(now, now + 4 * max(0, now - START)),
        fires=fires("ArkoudaCommandSlow", 10 * MINUTE, 35 * MINUTE),
        end=START + HOUR + 10 * MINUTE,
    ),
    Story(
        "the exporter can't be scraped",
        is_reached=lambda now: now < START,
        fires=fires("ArkoudaExporterDown", 6 * MINUTE, 6 * MINUTE),
    ),
    Story("one scrape fails", is_reached=lambda now: not START <= now < START + 58 + 1),
    Story(
        "the exporter's pod is replaced, and its new name and hash are on every series",
        pod=lambda now: {
            "namespace": "lab",
            "pod": "e-1" if now < START else "e-2",
            "pod_template_hash": "aaa" if now < START else "bbb",
            "instance": "10.0.0.1:5080" if now < START else "10.0.0.2:5080",
        },
        is_reached=lambda now: None if START <= now < START + 4 * MINUTE else True,
        end=START + 2 * HOUR,
    ),
    Story(
        "the exporter is a target no more",
        is_reached=lambda now: None if now >= START else True,
        fires=fires("ArkoudaExporterAbsent", 10 * MINUTE, 11 * MINUTE + 5 * MINUTE),
    ),
]


@pytest.mark.parametrize("pace", PACES, ids=str)
@pytest.mark.parametrize("story", STORIES, ids=str)
def test_the_alerts_are_those_of_the_story_at_every_pace(story, pace, tmp_path):
    check(story, pace, tmp_path)


def check(story, pace, folder):
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1s",
                "input_series": [
                    as_promtool_has_it(series, samples)
                    for series, samples in series_of(story, pace).items()
                ],
                "promql_expr_test": list(expectations(story, pace)),
            }
        ],
    }
    file = folder / "story.yaml"
    file.write_text(json.dumps(test))  # which is YAML as well
    run(tool("promtool"), "test", "rules", file)


@pytest.mark.parametrize("scrape", [15, 300])
@pytest.mark.parametrize(
    ("every", "told"),
    [(60, 60), (300, 300), (600, 600), (1800, 1800), (60, 5), (300, 5), (600, 5)],
)
def test_a_page_that_is_written_again_and_again_is_no_news(every, told, scrape, tmp_path):
    story = Story("written", page=Page(every, told), end=START + 2 * HOUR)
    check(story, Pace(scrape, every), tmp_path)


@pytest.mark.parametrize("scrape", [15, 300])
@pytest.mark.parametrize(("every", "told"), [(60, 60), (300, 300), (600, 600), (300, 5)])
def test_a_page_that_nobody_writes_any_more_is_as_good_as_none(every, told, scrape, tmp_path):
    latest = START + max(20 * MINUTE, 2 * told) + scrape + 6 * MINUTE
    story = Story(
        "not written",
        page=Page(every, told, written_until=START),
        fires=lambda pace: {
            "ArkoudaDown": (START + 20 * MINUTE, latest),
            "ArkoudaDataStale": (START + 20 * MINUTE, latest),
        },
        end=START + 2 * HOUR,
    )
    check(story, Pace(scrape, every), tmp_path)
