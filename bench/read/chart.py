"""The chart of bench/read: horizontal bars on a logarithmic scale, a group for each question, for light and dark pages."""

import math
from xml.sax.saxutils import escape

WIDTH = 860
LEFT = 190  # where the bars begin: names of the systems to the left of it
RIGHT = 90  # for the figure behind the longest bar
BAR, GAP, TITLE, GROUP_GAP = 16, 4, 26, 14
TOP = 64

STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-size: 12px; fill: #24292f; }
.heading { font-size: 15px; font-weight: 600; }
.question { font-size: 13px; font-weight: 600; }
.quiet { fill: #57606a; }
.figure { font-variant-numeric: tabular-nums; }
.line { stroke: #d0d7de; stroke-width: 1; }
.telemetry { fill: #1f6feb; }
.raw { fill: #8ab4f8; }
.seeds { fill: #8c959f; }
.clickhouse { fill: #d29922; }
.duckdb { fill: #2da44e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .quiet { fill: #9198a1; }
  .line { stroke: #3d444d; }
  .telemetry { fill: #4493f8; }
  .raw { fill: #2f5a94; }
  .seeds { fill: #6e7681; }
}
"""


def chart(heading: str, below: str, groups: list[tuple[str, list[tuple[str, str, float]]]]) -> str:
    """groups: (question, [(class, name, seconds)]). The scale begins at the power of ten below the smallest."""
    seconds = [value for _, bars in groups for _, _, value in bars]
    lowest = math.floor(math.log10(min(seconds)))
    highest = max(math.log10(max(seconds)), lowest + 1)
    span = WIDTH - LEFT - RIGHT

    def x(value: float) -> float:
        return LEFT + span * (math.log10(value) - lowest) / (highest - lowest)

    height = TOP + sum(TITLE + len(bars) * (BAR + GAP) + GROUP_GAP for _, bars in groups) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(heading)}</title><style>{STYLE}</style>",
        text(16, 24, heading, "heading"),
        text(16, 43, below, "quiet"),
    ]
    ticks = [10.0**power for power in range(lowest, math.floor(highest) + 1)]
    parts += [text(x(tick), height - 6, readable(tick), "quiet", "middle") for tick in ticks]
    y = TOP
    for question, bars in groups:
        parts.append(text(16, y + 17, question, "question"))
        y += TITLE
        ends = f'y1="{y - 4}" y2="{y + len(bars) * (BAR + GAP)}"'
        parts += [f'<line class="line" x1="{x(tick):.1f}" x2="{x(tick):.1f}" {ends}/>' for tick in ticks]
        for kind, name, value in bars:
            width = max(x(value) - LEFT, 1.5)
            parts.append(text(LEFT - 10, y + 12.5, name, "", "end"))
            parts.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>')
            parts.append(text(LEFT + width + 6, y + 12.5, readable(value), "figure"))
            y += BAR + GAP
        y += GROUP_GAP
    return "\n".join([*parts, "</svg>", ""])


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def readable(seconds: float) -> str:
    """Three figures, in ms below one second."""
    value, unit = (seconds, "s") if seconds >= 0.9995 else (seconds * 1000, "ms")
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + f" {unit}" if digits else f"{value:.0f} {unit}"
