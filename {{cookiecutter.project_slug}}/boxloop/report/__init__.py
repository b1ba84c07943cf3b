"""The report: executed notebooks, results and sheets in one HTML file that opens offline."""

from boxloop.report.page import build_report, get_ready

__all__ = ["build_report", "get_ready"]
