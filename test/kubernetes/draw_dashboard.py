"""Draws the main panels of the Grafana dashboard into a PNG, from the dashboard's own queries.

    python3 test/kubernetes/draw_dashboard.py docs/dashboard.png

Grafana is not needed: titles, queries, legends, units and thresholds are read from the dashboard,
and the numbers come from a real Prometheus that scraped two real exporters for three minutes. Their
Arkoudas are development servers, of which one was silent for a while and the other restarted.
"""

import dataclasses
import datetime
import math
import pathlib
import signal
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.dates  # noqa: E402
import matplotlib.pyplot  # noqa: E402
from matplotlib.colors import LinearSegmentedColormap, PowerNorm  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
import dashboard  # noqa: E402
from dashboard import Arkouda, View  # noqa: E402
from support import await_that  # noqa: E402

ARKOUDAS = [
    Arkouda(
        name="genomics",
        simulator=("--locales", "64", "--commands", "12", "--users", "5", "--seed", "819"),
        exporter=("--polling-interval=1s", "--arkouda.server-name=genomics"),
        labels=(("arkouda_instance", "slurm"),),
    ),
    Arkouda(
        name="climate",
        simulator=(
            "--locales",
            "32",
            "--commands",
            "12",
            "--users",
            "5",
            "--seed",
            "910",
            "--form",
            "2026",
            "--mem-max",
            str(128 * 2**30),
        ),
        exporter=("--polling-interval=1s", "--arkouda.server-name=climate"),
        labels=(("arkouda_instance", "kubernetes"),),
    ),
]
SECONDS = 180
# Two seconds of the picture are a point, as if Prometheus scraped so often.
SCRAPE_INTERVAL = 2

# Where the panels lie, in a grid of 24 columns: title, x, y, width, height.
LAYOUT = [
    ("Arkouda", 0, 0, 3, 3),
    ("Last answer", 3, 0, 3, 3),
    ("Locales", 6, 0, 3, 3),
    ("Memory used", 9, 0, 3, 3),
    ("Requests", 12, 0, 3, 3),
    ("Busy", 15, 0, 3, 3),
    ("Connections", 18, 0, 3, 3),
    ("Since the last restart", 21, 0, 3, 3),
    ("Servers", 0, 3, 24, 3.4),
    ("Answers", 0, 6.4, 8, 7.4),
    ("Requests by server", 8, 6.4, 8, 7.4),
    ("Errors by type", 16, 6.4, 8, 7.4),
    ("Locales by memory used", 0, 13.8, 8, 8),
    ("Fullest, median and emptiest locale", 8, 13.8, 8, 8),
    ("Memory by server", 16, 13.8, 8, 8),
    ("Requests by command", 0, 21.8, 8, 9.6),
    ("Time by command", 8, 21.8, 8, 9.6),
    ("Mean latency by command", 16, 21.8, 8, 9.6),
    ("Requests by user", 0, 31.4, 8, 8),
    ("Poll duration", 8, 31.4, 8, 8),
    ("Memory of the exporter", 16, 31.4, 8, 8),
]
CAPTION = (
    "Drawn from the dashboard's queries by test/kubernetes/draw_dashboard.py, not by Grafana: "
    "two development servers, their exporters and Prometheus, for three minutes."
)

# Pixels.
WIDTH, UNIT, GAP, FOOT = 1500, 28, 6, 24
HEIGHT = math.ceil(max(y + h for _, _, y, _, h in LAYOUT) * UNIT) + GAP + FOOT

BACKGROUND, SURFACE, BORDER = "#111217", "#181b1f", "#2a2d33"
TEXT, FAINT, LINE = "#d5d6dd", "#8e9099", "#2b2e34"
COLOURS = {
    "green": "#73bf69",
    "red": "#f2495c",
    "orange": "#ff9830",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "transparent": "none",
}
PALETTE = [
    "#73bf69",
    "#f2cc0c",
    "#8ab8ff",
    "#ff780a",
    "#f2495c",
    "#5794f2",
    "#b877d9",
    "#9d94c4",
    "#37872d",
    "#fade2a",
]
ORANGES = LinearSegmentedColormap.from_list(
    "oranges", [SURFACE, "#7f2704", "#d94801", "#fd8d3c", "#fee6ce"]
)


@dataclasses.dataclass
class Drawn:
    """A panel of the dashboard with what its queries returned."""

    panel: dict
    answers: list  # of (query, series)

    @property
    def field(self):
        return self.panel["fieldConfig"]["defaults"]


def observe(folder):
    """Lets the processes run, and asks Prometheus what the panels ask; (view, drawn, restarts)."""
    with dashboard.watch(folder, ARKOUDAS) as watched:
        source = watched.prometheus

        def await_scrapes(number):
            scrapes = f'count_over_time(up{{arkouda_instance="slurm"}}[1h]) >= {number}'
            await_that(f"{number} scrapes are done", lambda: source.query(scrapes), SECONDS)

        silent = watched.servers["genomics"].child
        await_scrapes(SECONDS // 3)
        silent.send_signal(signal.SIGSTOP)
        try:
            await_scrapes(SECONDS // 3 + 16)
        finally:
            silent.send_signal(signal.SIGCONT)
        await_scrapes(SECONDS * 3 // 5)
        watched.restart("climate")
        await_scrapes(SECONDS)

        end = watched.now()
        view = View(end - SECONDS, end, SCRAPE_INTERVAL)
        contents = dashboard.load()
        panels = {
            panel["title"]: panel for panel in dashboard.panels(contents) if panel["type"] != "row"
        }
        drawn = [
            Drawn(
                panels[title],
                [
                    (query, view.ask(source, query))
                    for query in dashboard.panel_queries(panels[title])
                ],
            )
            for title, *_ in LAYOUT
        ]
        marks = {
            query.owner: view.ask(source, query) for query in dashboard.annotation_queries(contents)
        }["Restarts of Arkouda"]
        return view, drawn, [float(time) for series in marks for time, _ in series["values"]]


# Numbers as Grafana writes them, near enough.


def scaled(value, base, units):
    power = 0
    while abs(value) >= base and power < len(units) - 1:
        value /= base
        power += 1
    return f"{value:.3g}{units[power]}" if abs(value) < 1000 else f"{value:.0f}{units[power]}"


def duration(seconds):
    if seconds and seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    if seconds and seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"


def text_of(value, field):
    unit = field["unit"]
    for mapping in field.get("mappings", []):
        shown = mapping["options"].get(f"{value:g}")
        if shown:
            return shown["text"]
    if unit in ("percent", "percentunit"):
        return f"{value * (100 if unit == 'percentunit' else 1):.3g} %"
    if unit == "s":
        return duration(value)
    if unit == "bytes":
        return scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"])
    if unit == "decgbytes":
        return scaled(value, 1000, [" GB", " TB", " PB"])
    ending = {"reqps": " req/s", "ops": " ops/s", "cps": " c/s"}.get(unit, "")
    if unit.startswith("suffix:"):
        ending = unit.removeprefix("suffix:")
    return scaled(value, 1000, ["", " K", " Mil"]) + ending


def colour_of(value, field):
    for mapping in field.get("mappings", []):
        shown = mapping["options"].get(f"{value:g}")
        if shown:
            return COLOURS[shown["color"]]
    reached = [
        step
        for step in field["thresholds"]["steps"]
        if step["value"] is None or value >= step["value"]
    ]
    return COLOURS[reached[-1]["color"]]


def when(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


class Canvas:
    """The figure, measured in pixels from its upper left corner."""

    def __init__(self):
        matplotlib.rcParams.update(
            {"font.family": "DejaVu Sans", "font.size": 8, "text.color": TEXT}
        )
        self.figure = matplotlib.pyplot.figure(
            figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=BACKGROUND
        )

    def axes(self, x, y, width, height, **options):
        return self.figure.add_axes(
            (x / WIDTH, 1 - (y + height) / HEIGHT, width / WIDTH, height / HEIGHT), **options
        )

    def blank(self, x, y, width, height, colour="none"):
        axes = self.axes(x, y, width, height, facecolor=colour)
        axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_visible(False)
        return axes

    def frame(self, x, y, width, height, title, colour=SURFACE):
        axes = self.blank(x, y, width, height)
        axes.add_patch(
            Rectangle(
                (0.5, 0.5), width - 1, height - 1, facecolor=colour, edgecolor=BORDER, linewidth=1
            )
        )
        title_colour = TEXT if colour == SURFACE else "white"
        axes.text(10, 15, title, fontsize=8.5, fontweight="bold", va="center", color=title_colour)
        return axes

    def save(self, path):
        self.figure.savefig(path, facecolor=BACKGROUND, pil_kwargs={"optimize": True})
        # 256 colours are enough for a picture of text and lines, and a third of the bytes.
        from PIL import Image

        Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


def style(axes, view, field):
    axes.set_facecolor(SURFACE)
    axes.set_xlim(when(view.start), when(view.end))
    axes.xaxis.set_major_locator(matplotlib.dates.SecondLocator(bysecond=(0, 30)))
    axes.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%H:%M:%S"))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: text_of(value, {**field, "mappings": []}))
    )
    axes.tick_params(colors=FAINT, length=0, labelsize=7)
    axes.grid(color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def times_of(view, query):
    step = view.step(query.most_points)
    first, last = int(view.start // step * step), int(view.end // step * step)
    return list(range(first, last + 1, step))


def values_at(times, series):
    """The series' values at the times, NaN where it has none."""
    known = {int(float(time)): float(value) for time, value in series["values"]}
    return [known.get(time, math.nan) for time in times]


def draw_stat(canvas, place, drawn, _view, _marks):
    ((query, series),) = drawn.answers
    value = float(series[0]["value"][1])
    colour = colour_of(value, drawn.field)
    is_filled = drawn.panel["options"]["colorMode"] == "background"
    axes = canvas.frame(*place, drawn.panel["title"], colour if is_filled else SURFACE)
    axes.text(
        place[2] / 2,
        place[3] / 2 + 10,
        text_of(value, drawn.field),
        fontsize=18,
        fontweight="bold",
        ha="center",
        va="center",
        color="white" if is_filled else colour,
    )


def rows_of(drawn):
    """The columns and lines of a table: what merge and organize make of the answers."""
    organize = drawn.panel["transformations"][-1]["options"]
    keys = set.intersection(*(set(one["metric"]) for _, series in drawn.answers for one in series))
    lines = {}
    for query, series in drawn.answers:
        for one in series:
            line = lines.setdefault(tuple(one["metric"][key] for key in sorted(keys)), {})
            line |= one["metric"] | {f"Value #{query.ref}": float(one["value"][1])}
    order = sorted(organize["indexByName"], key=organize["indexByName"].get)
    shown = [name for name in order if name not in organize["excludeByName"]]
    overrides = {
        one["matcher"]["options"]: {item["id"]: item["value"] for item in one["properties"]}
        for one in drawn.panel["fieldConfig"]["overrides"]
    }
    titles = [organize["renameByName"].get(name, name) for name in shown]
    fields = [{**drawn.field, **overrides.get(title, {})} for title in titles]
    return titles, fields, [[line.get(name) for name in shown] for line in lines.values()]


def draw_table(canvas, place, drawn, _view, _marks):
    axes = canvas.frame(*place, drawn.panel["title"])
    titles, fields, lines = rows_of(drawn)
    width = (place[2] - 20) / len(titles)
    for column, (title, field) in enumerate(zip(titles, fields, strict=True)):
        x = 10 + column * width
        axes.text(x, 36, title, color=COLOURS["blue"], va="center")
        for number, line in enumerate(lines):
            value = line[column]
            is_coloured = field.get("custom.cellOptions", {}).get("type") == "color-text"
            axes.text(
                x,
                58 + 20 * number,
                text_of(value, field) if isinstance(value, float) else value or "",
                color=colour_of(value, field) if is_coloured else TEXT,
                va="center",
            )
    for number in range(len(lines)):
        axes.axhline(47 + 20 * number, 10 / place[2], 1 - 10 / place[2], color=LINE, linewidth=0.7)


def draw_graph(canvas, place, drawn, view, marks):
    x, y, width, height = place
    custom = drawn.field["custom"]
    is_stacked = custom["stacking"]["mode"] == "normal"
    named = [(query.name_of(one), query, one) for query, series in drawn.answers for one in series]
    calculation = {"lastNotNull": "last", "mean": "mean", "max": "max", "min": "min"}
    calculated = drawn.panel["options"]["legend"]["calcs"][0]

    def calculate(values):
        known = [value for value in values if not math.isnan(value)]
        return {"lastNotNull": known[-1], "max": max(known), "min": min(known)}.get(
            calculated, sum(known) / len(known)
        )

    times = times_of(view, named[0][1])
    lines = sorted(
        ((name, query.ref, values_at(times, one)) for name, query, one in named),
        key=lambda line: -calculate(line[2]),
    )
    columns = 2 if len(lines) > 3 and max(len(name) for name, _, _ in lines) < 20 else 1
    legend_height = 15 * math.ceil(len(lines) / columns) + 8
    frame = canvas.frame(*place, drawn.panel["title"])
    axes = canvas.axes(x + 66, y + 30, width - 80, height - 54 - legend_height)
    style(axes, view, drawn.field)
    clock = [when(time) for time in times]
    is_silent = [all(math.isnan(values[i]) for _, _, values in lines) for i in range(len(times))]
    base = [math.nan if silent else 0.0 for silent in is_silent]
    dashed = {
        override["matcher"]["options"]
        for override in drawn.panel["fieldConfig"]["overrides"]
        if any(item["id"] == "custom.lineStyle" for item in override["properties"])
    }
    for number, (name, ref, values) in enumerate(lines):
        colour = PALETTE[number % len(PALETTE)]
        if is_stacked:
            top = [
                low + (0 if math.isnan(value) else value)
                for low, value in zip(base, values, strict=True)
            ]
            if custom["drawStyle"] == "bars":
                heights = [high - low for high, low in zip(top, base, strict=True)]
                seconds = (times[1] - times[0]) / 86400
                axes.bar(clock, heights, seconds, bottom=base, color=colour, linewidth=0)
            else:
                axes.fill_between(clock, base, top, color=colour, alpha=0.35, linewidth=0)
                axes.plot(clock, top, color=colour, linewidth=0.9)
            base = top
        else:
            axes.plot(
                clock,
                values,
                color=colour,
                linewidth=1.2,
                linestyle=(0, (5, 4)) if ref in dashed else "-",
            )
            if custom["fillOpacity"] and ref not in dashed:
                axes.fill_between(clock, 0, values, color=colour, alpha=0.12, linewidth=0)
        left = 12 + (number % columns) * (width - 20) / columns
        down = height - legend_height + 6 + 15 * (number // columns)
        frame.plot([left, left + 12], [down, down], color=colour, linewidth=2.5)
        frame.text(left + 18, down, name, va="center", fontsize=7.5, color=TEXT)
        frame.text(
            left + (width - 20) / columns - 10,
            down,
            text_of(calculate(values), drawn.field),
            va="center",
            ha="right",
            fontsize=7.5,
            color=FAINT,
        )
    frame.text(
        width - 16, 15, calculation[calculated], fontsize=7.5, ha="right", va="center", color=FAINT
    )
    axes.set_ylim(bottom=0)
    if drawn.field["unit"] == "bytes":
        # Powers of two are round numbers of KiB, MiB and so on.
        axes.yaxis.set_major_locator(MultipleLocator(2 ** round(math.log2(axes.get_ylim()[1] / 5))))
    if custom.get("thresholdsStyle", {}).get("mode") == "dashed":
        top = axes.get_ylim()[1]
        for step in drawn.field["thresholds"]["steps"]:
            if step["value"] is not None and step["value"] <= top:
                axes.axhline(
                    step["value"], color=COLOURS[step["color"]], linewidth=0.9, linestyle="--"
                )
    draw_marks(axes, marks)


def draw_marks(axes, marks):
    for mark in marks:
        axes.axvline(when(mark), color=COLOURS["blue"], linewidth=1, linestyle=(0, (3, 3)))


def draw_heatmap(canvas, place, drawn, view, marks):
    x, y, width, height = place
    ((query, series),) = drawn.answers
    times = times_of(view, query)
    canvas.frame(*place, drawn.panel["title"])
    axes = canvas.axes(x + 56, y + 30, width - 116, height - 62)
    style(axes, view, drawn.field)
    axes.grid(False)
    counts = [values_at(times, one) for one in series]
    # An empty cell is not drawn, as filterValues has it.
    counts = [[value or math.nan for value in row] for row in counts]
    edges = [when(time) for time in [*times, 2 * times[-1] - times[-2]]]
    # The dashboard's exponential scale: few locales are seen beside many.
    mesh = axes.pcolormesh(
        edges, range(len(series) + 1), counts, cmap=ORANGES, norm=PowerNorm(0.5, vmin=0)
    )
    for number in range(1, len(series)):
        axes.axhline(number, color=SURFACE, linewidth=1)
    axes.set_yticks(range(len(series)), [query.name_of(one) for one in series])
    bar = canvas.figure.colorbar(mesh, cax=canvas.axes(x + width - 50, y + 30, 8, height - 62))
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=FAINT, length=0, labelsize=7)
    bar.ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    draw_marks(axes, marks)


def draw_timeline(canvas, place, drawn, view, marks):
    x, y, width, height = place
    canvas.frame(*place, drawn.panel["title"])
    lines = [(query.name_of(one), query, one) for query, series in drawn.answers for one in series]
    axes = canvas.axes(x + 26, y + 30, width - 52, height - 58)
    style(axes, view, drawn.field)
    axes.grid(False)
    axes.set(ylim=(len(lines), 0), yticks=[])
    for number, (name, query, one) in enumerate(lines):
        step = view.step(query.most_points)
        for time, value in one["values"]:
            axes.add_patch(
                Rectangle(
                    (matplotlib.dates.date2num(when(float(time))), number + 0.34),
                    step / 86400,
                    0.54,
                    facecolor=colour_of(float(value), drawn.field),
                    edgecolor="none",
                    alpha=0.85,
                )
            )
        axes.text(when(view.start), number + 0.18, name, fontsize=7.5, va="center", color=TEXT)
    draw_marks(axes, marks)


KINDS = {
    "stat": draw_stat,
    "table": draw_table,
    "timeseries": draw_graph,
    "heatmap": draw_heatmap,
    "state-timeline": draw_timeline,
}


def draw(view, drawn, marks, path):
    canvas = Canvas()
    column = (WIDTH - GAP) / 24
    for one, (_, x, y, width, height) in zip(drawn, LAYOUT, strict=True):
        place = (GAP + x * column, GAP + y * UNIT, width * column - GAP, height * UNIT - GAP)
        KINDS[one.panel["type"]](canvas, place, one, view, marks)
    canvas.figure.text(
        0.5, FOOT / 2 / HEIGHT, CAPTION, fontsize=8, ha="center", va="center", color=FAINT
    )
    canvas.save(path)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        observed = observe(pathlib.Path(folder))
    draw(*observed, sys.argv[1])


if __name__ == "__main__":
    main()
