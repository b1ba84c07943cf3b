"""The report: executed notebooks, results and sheets in one HTML file that opens offline."""

from boxloop.report.page import build_report, get_ready  # noqa: F401  # for the machinery
