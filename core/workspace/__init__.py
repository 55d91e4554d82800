"""A workspace: one task, its logs and labels as files, and the snapshot that all else takes.

- layout.open_workspace gives a Workspace; snapshot.open_snapshot, read_snapshot a Snapshot
- task.Task, Label; task_toml.load_task, parse_task: what is labeled
- task_file.task_text, task_with_labels: a new task, or other labels for one
- logs.Proposal, Event, Run, append_records; labels.Labeled, save: what was proposed and said
- opinions.read_words: each person's opinions, and the word that counts
- events.Inbox: the way in for events; assignment.batch_for: whose turn it is
- relabel.label_by_hand, take_back_by_hand, decide: labels beside the batches
- backup.back_up, restore.restore, registry.workspaces
"""
