"""Sunlight's core: everything that is not a page. No Streamlit in here.

A package imports those above it, never those below; `core/README.md` says more of each.

    errors                       what is refused
    system                       durable files, caches, threads, jobs; no item, no label
    pool                         items, tokens, words, copies, search
    workspace                    task, logs, labels, and the snapshot of them
    features                     texts as rows of numbers
    models                       fit, calibrate, predict, explain
    evaluation                   runs, and how good they are
    sampling  query  doctor      what to label next; what to look at; what is amiss
    analysis  exchange           studies over a workspace; data in and out
    cli  __main__                the command line
"""
