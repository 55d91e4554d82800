"""Annotate: one item at a time, one key each; then training, then the next batch."""

import streamlit as st

from core.errors import PoolExhaustedError
from core.sampling.next_batch import DEFAULT_REQUEST, BatchRequest, is_active
from pages.ui import page_head, session
from pages.ui.annotate import batches
from pages.ui.card import annotation_card
from pages.ui.components import label_many
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain

CARD_WIDTH = 832  # pixels: as wide as the card

page_head.need_login()
page_head.hidden_heading("Annotate")
snapshot = session.open_snapshot()
page_head.need_pool(snapshot)
if refusal := snapshot.workspace.refusal():
    st.error(plain(refusal), icon=":material/lock:")
    st.stop()
annotator = page_head.need_annotator()
batches.stop_if_paused(snapshot, annotator)
label_many.stop_for_result(snapshot, annotator)
if snapshot.why_no_model:
    st.info(plain(snapshot.why_no_model), icon=":material/lightbulb:")
card_place, mix_place = st.container(), st.container(width=CARD_WIDTH)
coming_place = st.container(key=batches.COMING)
request = DEFAULT_REQUEST
with mix_place:  # drawn first, since a new batch goes by it; shown below the card
    if is_active(snapshot):
        request = BatchRequest(mix=batches.choose_mix(snapshot.workspace.task, snapshot.batch_size))
with card_place:
    with refusals_shown(stop=True):
        try:
            with coming_place:
                snapshot, batch = batches.batch_to_show(snapshot, annotator, request)
        except PoolExhaustedError as error:
            st.success(plain(str(error)), icon=":material/done_all:")
            st.stop()
    batches.tell_news(snapshot, annotator, batch)
    batches.show_last_run(snapshot, batch)
    annotation_card(
        batch, key=batches.CARD, on_finished=batches.note_save, on_earlier=batches.open_earlier
    )
