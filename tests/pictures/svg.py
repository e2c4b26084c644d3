"""Small SVG pictures by hand: on a ground of their own, so that they read alike on a light and on a dark page."""

from html import escape
from typing import Final

INK, FAINT, GROUND = "#1f2933", "#6b7785", "#ffffff"
BLUE, GREEN, ORANGE, GREY = "#2b6cb0", "#2f855a", "#c05621", "#cbd2d9"
FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def text(
    x: float, y: float, words: str, *, size: float = 13, fill: str = INK, anchor: str = "start", weight: int = 400
) -> str:
    """A line of text; ``anchor``: start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{fill}" text-anchor="{anchor}"'
        f"{f' font-weight={chr(34)}{weight}{chr(34)}' if weight != 400 else ''}>{escape(words)}</text>"
    )


def box(x: float, y: float, width: float, height: float, fill: str, *, round_px: float = 0) -> str:
    """A filled rectangle."""
    corner = f' rx="{round_px:g}"' if round_px else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{corner} fill="{fill}"/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, *, dashed: bool = False) -> str:
    """A thin line."""
    dash = ' stroke-dasharray="3 3"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"{dash}/>'


def picture(width: int, height: int, parts: list[str], title: str) -> str:
    """A whole file; ``title`` is for who cannot see it."""
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" font-family="{FONT}">\n<title>{escape(title)}</title>\n'
        f'{box(0, 0, width, height, GROUND, round_px=8)}\n{inside}\n</svg>\n'
    )  # fmt: skip
