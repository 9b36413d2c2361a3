"""Plots of an audit's figures as SVG and PNG: the one importer of matplotlib, which comes with the extra `audit`.

It draws both well, is kept up, and its licence is a permissive one; without it the page has all figures as tables.

The same figures give the same bytes: no date, ids from the name of the plot. Colours are those of Okabe and Ito, which
people with any colour vision tell apart; what is conditional is hatched too. Names are drawn as text, never as formulas.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from licgraph.errors import Fault, StackError
from licgraph.light import NamedTuple
from licgraph.reports.text import clean
from licgraph.rows import SHORT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"yes": "#0072b2", "conditional": "#e69f00", "unknown": "#a7a9ac", "no": "#d55e00"}
HATCHES = {"conditional": "//"}
INK, SOFT, LINE, GROUND = "#1a1d21", "#55606b", "#cfd6dd", "#fdfefd"
"""Of the page (`report.css`), which puts its own in place of them: so one drawing suits light and dark."""
WIDE, LABEL = 9.0, 46
"""Inches, and characters of a name."""
BARS = 15


class Plot(NamedTuple):
    """A drawing by its name (also of its file), with what it shows in words. ``png`` is empty where none was asked for."""

    name: str
    title: str
    says: str
    svg: str
    png: bytes


class _Drawing(NamedTuple):
    """What is drawn: a bar for each label, along an axis, by a function; with room for a legend."""

    name: str
    title: str
    says: str
    labels: Sequence[str]
    along: str
    draw: Callable[[Axes], None]
    legend: bool


def available() -> bool:
    """Whether plots can be drawn here."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        return False
    return True


def load() -> None:
    """Imports what drawing needs; beside other work it costs no time."""
    if available():
        import matplotlib.backends.backend_svg
        import matplotlib.figure  # noqa: F401


def plots(found: Mapping[str, Any], png: bool = False) -> tuple[Plot, ...]:
    """Every plot that the figures give something for, as SVG and if wanted as PNG too. Raises StackError where matplotlib is not installed."""
    if not available():
        raise StackError(Fault("matplotlib", 0, "", "it is not installed", "pip install 'licgraph[audit]'"))
    labelled = sum(found["answers"].values())
    profiles = [(p, c) for p, c in found["by_profile"].items()]
    depths = [(f"{r['depth']} step{'s' if r['depth'] != 1 else ''} from an origin" if r["depth"] else "made from nothing else", r) for r in found["by_depth"][:BARS]]
    families = [(r["family"], r) for r in found["by_family"][:BARS]]
    drift = [(f"{r['from']} → {r['to']}", r) for r in found["drift"]]
    made: list[_Drawing | None] = [
        _stacked("profiles", "Answers under each profile", profiles, f"share of the {labelled:,} components with a label", True),
        _stacked("depths", "Answers by depth", depths, "share of the components with a label at that depth", True),
        _stacked("families", "Answers by licence family of the label, the most used first", families, "share of the components with such a label", True),
        _stacked("drift", "Steps that change the licence, and what becomes of the result", drift, "steps", False),
        _bars("against", "What stands most often against a label", [(r["clause"], r["components"]) for r in found["against"]], "components"),
        _bars("sources", "Whose own terms block most of what was made from it directly", [(r["id"], r["blocked"]) for r in found["sources"]], "blocked components made from it"),
        _bars("duties", "What is owed most often", [(r["duty"], r["components"]) for r in found["duties"][:BARS]], "components"),
    ]
    return tuple(_plot(d, png) for d in made if d is not None)


def _stacked(name: str, title: str, rows: Sequence[tuple[str, Mapping[str, Any]]], along: str, shares: bool) -> _Drawing | None:
    """A bar a row, of its answers; as shares with the whole beside it, or as counts."""
    rows = [(label, row) for label, row in rows if any(row.get(a) for a in COLOURS)]
    if not rows:
        return None

    def draw(axes: Axes) -> None:
        left = [0.0] * len(rows)
        wholes = [sum(int(row.get(a, 0)) for a in COLOURS) for _, row in rows]
        for answer, colour in COLOURS.items():
            widths = [100 * row.get(answer, 0) / whole if shares else row.get(answer, 0) for (_, row), whole in zip(rows, wholes, strict=True)]
            axes.barh(range(len(rows)), widths, left=left, color=colour, label=SHORT[answer], edgecolor=GROUND, linewidth=0.6, hatch=HATCHES.get(answer, ""), height=0.72)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        _ends(axes, left, [f"{w:,}" for w in wholes])
        if shares:
            axes.set_xlim(0, 112)
            axes.set_xticks(range(0, 101, 20), [f"{n} %" for n in range(0, 101, 20)])
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, fontsize=9, handlelength=1.4, borderaxespad=0.3)

    largest = sorted(rows, key=lambda r: -sum(int(r[1].get(a, 0)) for a in COLOURS))[0]
    says = "; ".join(f"{label}: {', '.join(f'{SHORT[a]} {row.get(a, 0):,}' for a in COLOURS if row.get(a))}" for label, row in (rows if len(rows) <= 5 else [largest]))
    return _Drawing(name, title, clean(says if len(rows) <= 5 else f"{len(rows)} bars; the largest is {says}"), [label for label, _ in rows], along, draw, True)


def _bars(name: str, title: str, rows: Sequence[tuple[str, int]], along: str) -> _Drawing | None:
    if not rows:
        return None

    def draw(axes: Axes) -> None:
        axes.barh(range(len(rows)), [n for _, n in rows], color=COLOURS["yes" if name == "duties" else "no"], height=0.72)
        _ends(axes, [n for _, n in rows], [f"{n:,}" for _, n in rows])

    return _Drawing(name, title, clean(f"{len(rows)} bars; the largest is {rows[0][0]}: {rows[0][1]:,}"), [label for label, _ in rows], along, draw, False)


def _ends(axes: Axes, ends: Sequence[float], texts: Iterable[str]) -> None:
    most = max(ends, default=1) or 1
    axes.set_xlim(0, most * 1.12)
    for at, (end, text) in enumerate(zip(ends, texts, strict=True)):
        axes.text(end + most * 0.008, at, text, va="center", ha="left", fontsize=8.5, color=SOFT)


def _plot(drawing: _Drawing, png: bool) -> Plot:
    import warnings

    import matplotlib
    from matplotlib.figure import Figure

    style: Any = {
        "svg.fonttype": "none", "svg.hashsalt": f"licgraph {drawing.name}", "text.parse_math": False, "axes.formatter.use_mathtext": False, "font.family": ["DejaVu Sans", "sans-serif"], "hatch.linewidth": 0.7, "hatch.color": "white",
        "text.color": INK, "axes.labelcolor": SOFT, "xtick.color": SOFT, "ytick.color": INK, "axes.edgecolor": LINE, "axes.unicode_minus": False,
    }  # fmt: skip
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name may hold letters that no font here has: a box is drawn for them
        labels = drawing.labels
        figure = Figure(figsize=(WIDE, 0.30 * len(labels) + (1.15 if drawing.legend else 0.85)), layout="constrained")
        axes = figure.add_subplot()
        drawing.draw(axes)
        axes.set_yticks(range(len(labels)), [_short(label) for label in labels], fontsize=9)
        axes.invert_yaxis()
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.set_xlabel(drawing.along, fontsize=9)
        axes.tick_params(axis="x", labelsize=8.5)
        axes.tick_params(axis="y", length=0)
        axes.xaxis.grid(True, color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        if not axes.get_xticklabels()[0].get_text().endswith("%"):
            axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6, integer=True))
            axes.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda n, _: f"{n:,.0f}"))
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        return Plot(drawing.name, drawing.title, drawing.says, _saved(figure, "svg").decode(), _saved(figure, "png", drawing.title) if png else b"")


def _saved(figure: Figure, form: str, title: str = "") -> bytes:
    file = io.BytesIO()
    if form == "svg":
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    else:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        figure.set_figheight(figure.get_figheight() + 0.35)
        figure.savefig(file, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return file.getvalue()


def _short(label: str) -> str:
    text = clean(label).replace("LicenseRef-", "")
    return text if len(text) <= LABEL else f"{text[: LABEL // 2]}…{text[-(LABEL // 2 - 1) :]}"


def inline(plot: Plot) -> str:
    """A drawing as an element of a page: without prologue, its ids its own, its inks those of the page."""
    text = plot.svg[plot.svg.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'\bid="([^"]+)"', lambda m: f'id="{plot.name}-{m[1]}"', text)
    text = re.sub(r'(url\(|href=")#', lambda m: f"{m[1]}#{plot.name}-", text)
    for colour, variable in ((INK, "--ink"), (SOFT, "--soft"), (LINE, "--line"), (GROUND, "--ground")):
        text = text.replace(colour, f"var({variable})")
    return text.replace("<svg ", '<svg class="plot" aria-hidden="true" focusable="false" ', 1).strip()
