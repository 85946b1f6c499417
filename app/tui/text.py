"""What the screens say, as text that is never read as markup.

Everything that came from a file, the wire or a person passes through here on its way to a widget.
"""

from textual.content import Content

from app.domain.clean import clean, clean_block

__all__ = ["clean", "clean_block", "clean_content", "label"]


def label(text: str, style: str = "", limit: int = 300) -> Content:
    """One line of text from anywhere, made harmless; `style` is ours, as in `bold $text-error`."""
    return Content.styled(clean(text, limit), style) if style else Content(clean(text, limit))


def clean_content(content: Content) -> Content:
    """The content as it is if it is harmless, else its text made harmless, without its styles."""
    cleaned = clean(content.plain)
    return content if cleaned == content.plain else Content(cleaned)
