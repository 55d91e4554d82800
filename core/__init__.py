"""Sunlight's core: the files, the model, the strategies and the loop. No Streamlit in here."""
