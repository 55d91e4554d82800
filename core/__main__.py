"""The command line: `python -m core <command>`."""

import typer

from core.cli import exchange_commands as exchange
from core.cli import learning_commands as learning
from core.cli import workspace_commands as workspace

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Label text, and let a small model choose what to label next.",
)

COMMANDS = {
    "status": workspace.status,
    "train": learning.train,
    "next": learning.next_batch,
    "evaluate": learning.evaluate,
    "agreement": workspace.agreement,
    "check": workspace.check,
    "backup": workspace.backup,
    "restore": workspace.restore,
    "book": workspace.book,
    "import": exchange.import_command,
    "export": exchange.export_command,
    "predict": exchange.predict_command,
    "demo": workspace.demo,
    "password": workspace.password,
    "simulate": learning.simulate,
}

for name, command in COMMANDS.items():
    app.command(name)(command)

if __name__ == "__main__":
    app(prog_name="python -m core")
