from core.errors import RunError
from pages.ui.cache.keep import kept


def test_an_answer_is_worked_out_once_for_each_key_whatever_else_is_said():
    asked = []

    @kept(lambda stamp, *_: stamp)
    def length(stamp: str, text: str) -> int:
        asked.append(text)
        return len(text)

    assert [length("a", "one"), length("a", "another"), length("b", "another")] == [3, 3, 7]
    assert asked == ["one", "another"]


def test_what_is_missing_or_refused_is_asked_for_again():
    answers = iter([None, RunError("no file"), "found", "never"])

    @kept(lambda stamp: stamp, refusal=RunError)
    def model(stamp: str) -> str | None:
        answer = next(answers)
        if isinstance(answer, RunError):
            raise answer
        return answer

    assert [model("a") for _ in range(4)] == [None, None, "found", "found"]


def test_functions_do_not_take_each_other_for_themselves():
    def first(stamp: str) -> str:
        return "first"

    def second(stamp: str) -> str:
        return "second"

    one, other = kept(str)(first), kept(str)(second)
    assert (one("a"), other("a"), one("a")) == ("first", "second", "first")
    assert one.__doc__ == first.__doc__


def test_of_many_keys_the_newest_are_kept():
    asked = []

    @kept(str, most=2)
    def note(stamp: int) -> int:
        asked.append(stamp)
        return stamp

    for stamp in (1, 2, 3, 3, 2, 1):
        note(stamp)
    assert asked == [1, 2, 3, 1]
