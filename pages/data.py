"""Data: what is in the workspace's folder, what is amiss in it, what comes in and what goes out.

Its tabs need no workspace that can be opened: this is where one is mended.
"""

from pages.ui import page_head
from pages.ui.components.controls import show_tabs
from pages.ui.data import backups, check, export_labels, files, import_form, workspaces

path = page_head.open_page_of_files(
    "Data", "The workspace's files: what wants mending, what comes in, what goes out."
)
TABS = {
    "Files": files.show,
    "Check": check.show,
    "Import": import_form.show,
    "Export": export_labels.show,
    "Backups": backups.show,
    "Workspaces": workspaces.show,
}
show_tabs(TABS, "data_tab", path)
