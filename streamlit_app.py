"""Sunlight: `streamlit run streamlit_app.py [-- --data DIR]`.

The app is a Streamlit script, `pages/main.py`, and one route beside it: the annotation card
posts its events there, so that no page has to run again between two labels. Before both stands
the door, which keeps strangers out.
"""

import atexit
import gc
import importlib
import pkgutil

import streamlit as st
import torch  # noqa: F401 (loaded before the freeze below, and before the first visitor waits)
from starlette.middleware import Middleware

import pages.ui
from pages.ui.card.route import route
from pages.ui.server.access import Door

# Every page's parts are loaded before the freeze, and before the first visitor waits.
for module in pkgutil.walk_packages(pages.ui.__path__, "pages.ui."):
    importlib.import_module(module.name)

# With torch loaded a full garbage collection takes longer than most runs of a page, unless what is
# loaded by now is left out of it: measured 120 to 35 ms.
gc.collect()
gc.freeze()
atexit.register(gc.unfreeze)  # DuckDB complains at the end about what is never let go

app = st.App("pages/main.py", routes=[route], middleware=[Middleware(Door)])
