"""The frame around every page: navigation, the workspace's name, the person's name."""

import streamlit as st

from pages.ui import page_head, session

st.set_page_config(page_title="Sunlight", page_icon="☀️", layout="wide")

PAGES = (
    ("home.py", "Home", "home", None),
    ("annotate.py", "Annotate", "edit", "annotate"),
    ("sunlight.py", "Sunlight", "wb_sunny", "sunlight"),
    ("review.py", "Review", "compare", "review"),
    ("strategies.py", "Strategies", "alt_route", "strategies"),
    ("metrics.py", "Metrics", "monitoring", "metrics"),
    ("data.py", "Data", "folder_open", "data"),
)

page = st.navigation(
    [
        st.Page(file, title=title, icon=f":material/{icon}:", url_path=path, default=path is None)
        for file, title, icon, path in PAGES
    ]
)
page_head.need_login()
page_head.show_person()
page_head.show_workspace()
with st.sidebar:  # at its end
    session.remember_name()
if page.url_path != "annotate":  # the card delivers by itself
    page_head.deliver_kept_events()
page.run()
