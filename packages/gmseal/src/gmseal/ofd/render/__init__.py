"""Pages of OFD documents as pictures, for preview: SVG first, PNG and PDF from the same list of drawings."""

from gmseal.ofd.render.budget import RenderLimits, Unsupported
from gmseal.ofd.render.rendering import RenderedPage, render_page, render_pdf

__all__ = ["RenderLimits", "RenderedPage", "Unsupported", "render_page", "render_pdf"]
