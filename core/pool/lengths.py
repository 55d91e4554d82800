"""Thirds of a pool by the length of its texts: short, medium and long."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NAMES = ("short", "medium", "long")


@dataclass(frozen=True)
class LengthThirds:
    """The least number of words of a medium and of a long text; a text without words is short."""

    medium: int
    long: int

    @classmethod
    def of(cls, n_words: NDArray[np.integer]) -> "LengthThirds":
        """About a third of these texts each, as near as their lengths allow."""
        if not len(n_words):
            return cls(1, 2)
        low, high = np.quantile(n_words, [1 / 3, 2 / 3], method="lower").tolist()
        return cls(low + 1, max(high, low + 1) + 1)

    def __call__(self, n_words: ArrayLike) -> NDArray[np.int64]:
        """Each number of words as a place in `NAMES`."""
        return np.searchsorted([self.medium, self.long], n_words, "right")

    @property
    def told(self) -> tuple[str, str, str]:
        """Each third with its bounds in words."""
        last = self.long - 1
        middle = f"{self.medium}" if last == self.medium else f"{self.medium} to {last}"
        return (
            f"short: up to {self.medium - 1:,} words",
            f"medium: {middle}",
            f"long: {self.long:,} and more",
        )
