"""The frame around every page: navigation, the workspace's name, the person's name."""

import streamlit as st

from pages.ui import page_head, session

st.set_page_config(page_title=page_head.APP, page_icon="☀️", layout="wide")

page = st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("annotate.py", title="Annotate", icon=":material/edit:"),
        st.Page("sunlight.py", title="Explore", icon=":material/wb_sunny:"),
        st.Page("review.py", title="Review", icon=":material/compare:"),
        st.Page("strategies.py", title="Strategies", icon=":material/alt_route:"),
        st.Page("metrics.py", title="Metrics", icon=":material/monitoring:"),
        st.Page("quality.py", title="Quality", icon=":material/group:"),
        st.Page("data.py", title="Data", icon=":material/folder_open:"),
    ]
)
page_head.need_login()
st.set_page_config(page_title=f"{page.title} · {page_head.task_title()}")
page_head.show_person()
page_head.show_workspace()
with st.sidebar:  # at its end
    session.remember_name()
if page.url_path != "annotate":  # the card delivers by itself
    page_head.deliver_kept_events()
page.run()
