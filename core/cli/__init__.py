"""The command line: commands that import what they need, and what they answer.

- workspace_commands, learning_commands, exchange_commands: the commands
- answers: each answer as JSON for a program and as lines for a person, refusals, progress
"""
