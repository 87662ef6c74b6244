"""Access to the figures that a script draws, before they are written to files."""

import contextlib

from matplotlib.text import Text

from murmur.presentation import style


def record_figures(monkeypatch) -> list:
    """Return a list to which every figure is added from now on, instead of being printed."""
    seen, printed_figure = [], style.printed_figure

    @contextlib.contextmanager
    def recording(outputs, *size, **settings):
        with printed_figure([], *size, **settings) as figure:
            yield figure
        seen.append(figure)

    monkeypatch.setattr(style, "printed_figure", recording)
    return seen


def words(figure) -> list[str]:
    """Return everything written in a figure."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def smallest_font(figure) -> float:
    """Return the size in points of the smallest letters of a figure."""
    return min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text())
