"""Why an item was proposed, in words that a person understands at a glance."""

from core.logs import Proposal


def why(proposal: Proposal) -> str:
    """One sentence on how the strategy came to choose this item."""
    match proposal.strategy:
        case "random":
            return "Drawn at random, whatever the model thinks of it."
        case "low confidence":
            return "Of all items, this is one of those that the model is least sure about."
        case "outlier":
            return f"New to the model: {familiarity(proposal.score)}."
    return f"Chosen by the strategy {proposal.strategy}."


def familiarity(score: float | None) -> str:
    """How often an outlier's words had occurred in the training data."""
    if score is None:
        return "its words are rare in the training data"
    return f"its words occurred {score:.2f} times on average in the training data"
