"""A month of spending as an SVG picture: a bar for each day, a colour for each model, and the budget as a line."""

from math import floor, log10
from typing import Any, Final
from xml.etree import ElementTree

from pygal import Config, StackedBar
from pygal.style import Style

from speaker.cost.report import Report, days_in

SMALLEST_USD: Final = 0.0001
"""A month whose dearest day costs less is drawn as one that was free."""

_LINES: Final = 4
"""About how many lines stand above the ground line."""

_STYLE: Final = Style(background="white", plot_background="white", font_family="sans-serif", title_font_size=18)


def month_picture(one: Report, daily_usd: float | None, monthly_usd: float | None) -> bytes:
    """An SVG file that stands alone: no scripts, and nothing that a viewer would have to fetch."""
    config = Config()
    config.js = []
    chart = StackedBar(
        config, style=_STYLE, width=960, height=480, legend_at_bottom=True, title=_title(one, monthly_usd),
        x_title=f"day of {one.month:%B %Y}", y_title="USD a day", no_data_text="nothing was spent",
    )  # fmt: skip
    days = range(1, days_in(one.month) + 1)
    chart.x_labels = [str(day) for day in days]
    for model, usd in by_model_usd(one).items():
        chart.add(model, [usd.get(day) for day in days])
    most = max(one.by_day_usd().values(), default=0.0)
    if most > 0:  # its own words for an empty picture know no levels
        levels, chart.y_labels_major = _levels(most, daily_usd)
        chart.y_labels = levels
        chart.range = (0, levels[-1]["value"])
    picture = chart.render_tree()
    for element in list(picture.iter()):
        for script in element.findall("script"):
            element.remove(script)
    return bytes(ElementTree.tostring(picture, "utf-8", xml_declaration=True))


def by_model_usd(one: Report) -> dict[str, dict[int, float]]:
    """What each model cost on each day, for those that cost anything."""
    spent: dict[str, dict[int, float]] = {}
    for line in one.lines:
        if line.cost_usd > 0:
            days = spent.setdefault(line.model, {})
            days[line.day.day] = days.get(line.day.day, 0.0) + line.cost_usd
    return spent


def _title(one: Report, monthly_usd: float | None) -> str:
    of = f" of ${monthly_usd:.2f}" if monthly_usd is not None else ""
    forecast = f", forecast ${one.forecast_usd:.2f}" if one.forecast_usd is not None else ""
    return f"{one.month:%B %Y}: ${one.total_usd:.2f}{of}{forecast}"


def _levels(most: float, daily_usd: float | None) -> tuple[list[dict[str, Any]], list[float]]:
    """The lines across the picture with their names, rising, and the one that stands out: the budget, if in sight."""
    step = _step(most)
    top = max(1, -(-most // step))
    levels = {index * step: f"${index * step:.{_decimals(step)}f}" for index in range(int(top) + 1)}
    budget = [daily_usd] if daily_usd is not None and daily_usd <= 2 * max(most, step) else []
    levels |= {usd: f"budget ${usd:.2f}" for usd in budget}
    return [{"label": levels[usd], "value": usd} for usd in sorted(levels)], budget


def _step(most: float) -> float:
    """A round distance between lines: 1, 2 or 5 times a power of ten."""
    if most < SMALLEST_USD:
        return 0.01
    rough = most / _LINES
    power = 10.0 ** floor(log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)


def _decimals(step: float) -> int:
    return max(2, -floor(log10(step) + 1e-9))
