"""Why an item was proposed, in words that a person understands at a glance."""

from core.workspace.logs import Proposal

WHY = {
    "random": "Drawn at random, whatever the model thinks of it.",
    "stratified length": "Drawn at random among texts of its length.",
    "stratified column": "Drawn at random among items of its kind.",
    "low confidence": "Of all items, this is one of those that the model is least sure about.",
    "margin": "The model hesitates between its two most probable labels.",
    "ratio": "The second label is nearly as probable as the first.",
    "entropy": "The model spreads its belief over all labels.",
    "diverse": "The model is unsure about it, and it is unlike the others of this batch.",
    "novel words": "It has many words that the training data does not have.",
    "underrepresented words": "Its words are common in the pool and rare in the training data.",
    "representative": "It is typical of the pool and unlike the training data.",
    "most likely positive": "Of all items, this is one of the most probably positive ones.",
}
"""In words that need no training in statistics; outliers are told by their score."""


def why(proposal: Proposal) -> str:
    """One sentence on how the strategy came to choose this item."""
    if proposal.strategy == "outlier":
        return f"New to the model: {familiarity(proposal.score)}."
    return WHY.get(proposal.strategy, f"Chosen by the strategy {proposal.strategy}.")


def familiarity(score: float | None) -> str:
    """How often an outlier's words had occurred in the training data."""
    if score is None:
        return "its words are rare in the training data"
    return f"its words occurred {score:.2f} times on average in the training data"
