"""The figures of a report: the one place that knows plotly.js. Each is a dict the page draws, or an SVG."""
