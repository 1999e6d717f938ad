"""`python -m shuangyin` is the `shuangyin` command."""

from shuangyin.cli import app

app()
