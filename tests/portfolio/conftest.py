"""A changed small portfolio, read: what is wrong with it, or what is doubtful."""

from __future__ import annotations

import pytest

from tests.portfolio.small import raw_small, write_small, write_small_tables
from wattstack.errors import InputError
from wattstack.portfolio import read_portfolio


@pytest.fixture
def told(tmp_path):
    """Faults by place of the small portfolio after a change of its raw values; tables as CSV files, or in YAML."""

    def read(change, tables=True) -> dict[str, str]:
        raw = raw_small()
        change(raw)
        path = (write_small_tables if tables else write_small)(tmp_path, raw)
        with pytest.raises(InputError) as caught:
            read_portfolio(path)
        return {fault.where: fault.what for fault in caught.value.faults}

    return read


@pytest.fixture
def changed(tmp_path):
    """The small portfolio after a change of its raw values, which it must bear."""

    def read(change, tables=True):
        raw = raw_small()
        change(raw)
        return read_portfolio((write_small_tables if tables else write_small)(tmp_path, raw))

    return read


@pytest.fixture
def edited(tmp_path):
    """Faults by place after a change of the text of one of its files."""

    def read(name, old, new) -> dict[str, str]:
        path = write_small_tables(tmp_path)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_portfolio(path)
        return {fault.where: fault.what for fault in caught.value.faults}

    return read
