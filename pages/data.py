"""Data: import, export, and all that mends; its tabs need no workspace that can be opened."""

from pages.ui import page_head
from pages.ui.components.controls import show_tabs
from pages.ui.data import check, export_labels, files, imports, predict, settings, workspaces

path = page_head.open_page_of_files(
    "Data", "Import, export, back up and check your data, and change the settings."
)
TABS = {
    "Import": imports.show,
    "Export": export_labels.show,
    "Predict": predict.show,
    "Settings": settings.show,
    "Check": check.show,
    "Backups": files.show_backups,
    "Files": files.show_files,
    "Workspaces": workspaces.show,
}
show_tabs(TABS, "data_tab", path)
