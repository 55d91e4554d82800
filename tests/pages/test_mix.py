from streamlit.testing.v1 import AppTest

from core.workspace.task import STRATEGIES


def page() -> AppTest:
    """The control alone, of a task of 50 items, and what it gives."""

    def script() -> None:
        import streamlit as st

        from core.workspace.task import parse_task
        from pages.ui.annotate.mix_control import choose_mix

        text = st.session_state.get("task", "[batch]\nsize = 50")
        if st.session_state.get("elsewhere"):
            st.stop()
        st.session_state["given"] = choose_mix(parse_task(text, "task.toml"))

    app = AppTest.from_function(script, default_timeout=300).run()
    assert not app.exception
    return app


def given(app: AppTest) -> dict[str, int] | None:
    assert not app.exception
    return app.session_state["given"]


def test_untouched_it_is_the_tasks_mix_in_items():
    app = page()
    assert given(app) is None
    shown = {field.label: field.value for field in app.number_input if field.value}
    assert shown == {"random": 5, "low confidence": 40, "outlier": 5}


def test_every_strategy_is_offered_with_its_sentence():
    app = page()
    expected = [name for name in STRATEGIES if name != "stratified column"]
    assert sorted(field.label for field in app.number_input) == sorted(expected)
    assert all(field.help for field in app.number_input)


def test_a_column_to_stratify_by_is_offered_where_the_task_names_one():
    app = page()
    app.session_state["task"] = '[batch]\nstratify_by = "source"'
    app.run()
    assert "stratified column" in [field.label for field in app.number_input]


def test_a_chosen_mix_is_given_in_the_files_order():
    app = page()
    app.number_input("mix_novel_words").set_value(7).run()
    app.number_input("mix_outlier").set_value(0).run()
    app.number_input("mix_margin").set_value(3).run()
    assert given(app) == {"random": 5, "low confidence": 40, "margin": 3, "novel words": 7}
    assert list(given(app)) == ["random", "low confidence", "margin", "novel words"]
    assert "55 items instead of the task's 50" in app.caption[1].value


def test_the_choice_outlives_another_page():
    app = page()
    app.number_input("mix_diverse").set_value(9).run()
    app.session_state["elsewhere"] = True
    app.run()
    app.session_state["elsewhere"] = False
    app.run()
    assert given(app)["diverse"] == 9
    assert app.number_input("mix_diverse").value == 9


def test_another_task_brings_its_own_mix():
    app = page()
    app.number_input("mix_diverse").set_value(9).run()
    app.session_state["task"] = "[batch]\nsize = 20"
    app.run()
    assert given(app) is None
    assert app.number_input("mix_low_confidence").value == 16


def test_one_click_goes_back_to_the_task():
    app = page()
    app.number_input("mix_diverse").set_value(9).run()
    app.button("mix_reset").click().run()
    assert given(app) is None
    assert app.number_input("mix_diverse").value == 0


def test_nothing_at_all_is_taken_for_the_tasks_mix():
    app = page()
    for name in ("random", "low_confidence", "outlier"):
        app.number_input(f"mix_{name}").set_value(0).run()
    assert given(app) is None
    assert "No items at all" in app.warning[0].value
