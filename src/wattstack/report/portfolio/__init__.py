"""The report of a portfolio plan: what it looks at, its words, its sections."""

from wattstack.report.portfolio.write import write_portfolio_report

__all__ = ["write_portfolio_report"]
