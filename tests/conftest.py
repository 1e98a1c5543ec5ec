"""`--no-skips`: where everything should be installed, a test that could not look is a failure."""

from __future__ import annotations

from collections.abc import Generator

import pytest

_ALLOWED = ("is not beside", "are not beside")
"""What a checkout cannot install: the clinical sources and the real charts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--no-skips", action="store_true", help="count a skipped test as failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skips into failures."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("--no-skips"):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not any(words in reason for words in _ALLOWED):
            report.outcome, report.longrepr = "failed", f"skipped: {reason}"
    return report
