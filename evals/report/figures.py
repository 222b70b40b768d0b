"""Figures of a report as SVG, drawn by matplotlib, the same bytes for the same numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, ACCENT, SECOND = "#1d2433", "#8a93a3", "#1f5fbf", "#c2552d"
_STYLE = {
    "svg.fonttype": "none",  # text stays text: smaller, and readable by machines
    "svg.hashsalt": "stance",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "Segoe UI", "Helvetica", "DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw_calibration(bins: Sequence[Mapping[str, float]]) -> str:
    """Accuracy by confidence; a calibrated model lies on the diagonal. Points are bins of equal mass."""
    with rc_context(_STYLE):
        figure, axes = _figure(4.6, 4.2)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(*_columns(bins, "confidence", "accuracy"), color=ACCENT, marker="o", markersize=5, linewidth=1.5)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence of the row", ylabel="share of rows that are right")
        axes.grid(color="#e6e9ee", linewidth=0.8)
        return _to_svg(figure)


def draw_risk(curve: Sequence[Sequence[float]]) -> str:
    """Share of wrong rows by share of rows kept, the most confident kept first."""
    with rc_context(_STYLE):
        figure, axes = _figure(4.6, 4.2)
        coverage, risk = [point[1] for point in curve], [point[2] for point in curve]
        axes.plot(coverage, risk, color=SECOND, linewidth=1.8)
        axes.fill_between(coverage, risk, color=SECOND, alpha=0.12, linewidth=0)
        for level in (0.05, 0.10):
            axes.axhline(level, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.annotate(
                f"{level:.0%}", (1.0, level), xytext=(0, 3), textcoords="offset points", ha="right", color=INK
            )
        axes.set(
            xlim=(0, 1), ylim=(0, max([*risk, 0.12]) * 1.05), xlabel="share of rows kept", ylabel="share of those wrong"
        )
        axes.grid(color="#e6e9ee", linewidth=0.8)
        return _to_svg(figure)


def draw_countries(scores: Sequence[Mapping[str, Any]], mean: float) -> str:
    """Error rate by country, drawn to the mean of all (dashed), with 95 % intervals."""
    with rc_context(_STYLE):
        figure, axes = _figure(6.6, 0.9 + 0.26 * len(scores))
        places = range(len(scores))[::-1]
        for place, score in zip(places, scores, strict=True):
            axes.plot([score["low"], score["high"]], [place, place], color=ACCENT, linewidth=2, alpha=0.35)
        axes.plot([score["shrunk_error"] for score in scores], list(places), "o", color=ACCENT, markersize=5)
        axes.plot([score["error"] for score in scores], list(places), "|", color=INK, markersize=8)
        axes.axvline(mean, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_yticks(list(places), [f"{score['country']} ({score['rows']})" for score in scores])
        axes.set(xlim=(0, 1), ylim=(-0.7, len(scores) - 0.3), xlabel="share of rows that are wrong")
        return _to_svg(figure)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _columns(rows: Sequence[Mapping[str, float]], *names: str) -> list[list[float]]:
    return [[row[name] for row in rows] for name in names]


def _to_svg(figure: Figure) -> str:
    """The drawing alone, to be put into a page."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = file.getvalue()
    return svg[svg.index("<svg") :]
