from streamlit.testing.v1 import AppTest

from core.sampling.catalog import PRESETS
from core.workspace.task import STRATEGIES, apportion
from pages.ui.escape_markdown import plain


def page() -> AppTest:
    """The control alone, of a task of 50 items, and what it gives."""

    def script() -> None:
        import streamlit as st

        from core.workspace.task_toml import parse_task
        from pages.ui.annotate.batches import choose_mix

        text = st.session_state.get("task", "[batch]\nsize = 50")
        if st.session_state.get("elsewhere"):
            st.stop()
        task = parse_task(text, "task.toml")
        st.session_state["given"] = choose_mix(task, task.batch_size)

    app = AppTest.from_function(script, default_timeout=300).run()
    assert not app.exception
    return app


def given(app: AppTest) -> dict[str, int] | None:
    assert not app.exception
    return app.session_state["given"]


def custom(app: AppTest) -> AppTest:
    """The fields behind the named mixes."""
    return app.segmented_control("mix_named").set_value("Custom").run()


def test_untouched_it_is_the_tasks_mix_by_its_name():
    app = page()
    assert given(app) is None
    assert app.segmented_control("mix_named").value == "Balanced"
    assert not app.number_input
    shown = {field.label: field.value for field in custom(app).number_input if field.value}
    assert shown == {"Random": 5, "Low confidence": 40, "Outlier": 5}
    assert given(app) is None


def test_a_mix_is_chosen_by_its_name_and_told_why():
    app = page()
    for preset in PRESETS[1:]:
        app.segmented_control("mix_named").set_value(preset.name).run()
        assert given(app) == apportion(50, preset.mix)
        assert preset.when in [caption.value for caption in app.caption]
    app.segmented_control("mix_named").set_value("Balanced").run()
    assert given(app) is None


def test_a_task_with_a_mix_of_its_own_is_custom():
    app = page()
    app.session_state["task"] = "[batch]\nsize = 20\n[batch.mix]\nmargin = 3\nentropy = 1"
    app.run()
    assert app.segmented_control("mix_named").value == "Custom"
    assert given(app) is None
    assert app.number_input("mix_margin").value == 15


def test_a_former_strategy_of_the_task_is_named_with_what_takes_its_share():
    app = page()
    app.session_state["task"] = "[batch]\nsize = 20\n[batch.mix]\nrandom = 1\ndiverse = 3"
    app.run()
    told = "task.toml names former strategies: `diverse` (low confidence takes its share)."
    assert plain(told) in [said.value for said in app.caption]
    assert given(app) is None
    assert custom(app).number_input("mix_low_confidence").value == 15


def test_every_strategy_is_offered_with_its_sentence():
    app = custom(page())
    unfit = {"stratified column", "mean confidence"}
    expected = [name.capitalize() for name in STRATEGIES if name not in unfit]
    assert sorted(field.label for field in app.number_input) == sorted(expected)
    assert all(field.help for field in app.number_input)


def test_a_column_to_stratify_by_is_offered_where_the_task_names_one():
    app = page()
    app.session_state["task"] = '[batch]\nstratify_by = "source"'
    custom(app.run())
    assert "Stratified column" in [field.label for field in app.number_input]


def test_a_chosen_mix_is_given_in_the_files_order():
    app = custom(page())
    app.number_input("mix_novel_words").set_value(7).run()
    app.number_input("mix_outlier").set_value(0).run()
    app.number_input("mix_margin").set_value(3).run()
    assert given(app) == {"random": 5, "low confidence": 40, "margin": 3, "novel words": 7}
    assert list(given(app)) == ["random", "low confidence", "margin", "novel words"]
    assert "55 items; a batch usually has 50." in app.caption[1].value


def test_the_choice_outlives_another_page():
    app = custom(page())
    app.number_input("mix_entropy").set_value(9).run()
    app.session_state["elsewhere"] = True
    app.run()
    app.session_state["elsewhere"] = False
    app.run()
    assert given(app)["entropy"] == 9
    assert app.number_input("mix_entropy").value == 9


def test_another_task_brings_its_own_mix():
    app = custom(page())
    app.number_input("mix_entropy").set_value(9).run()
    app.session_state["task"] = "[batch]\nsize = 23"
    app.run()
    assert given(app) is None
    assert app.segmented_control("mix_named").value == "Balanced"
    assert custom(app).number_input("mix_low_confidence").value == 19


def test_one_click_goes_back_to_the_task():
    app = custom(page())
    app.number_input("mix_entropy").set_value(9).run()
    app.button("mix_reset").click().run()
    assert given(app) is None
    assert app.segmented_control("mix_named").value == "Balanced"


def test_nothing_at_all_is_taken_for_the_tasks_mix():
    app = custom(page())
    for name in ("random", "low_confidence", "outlier"):
        app.number_input(f"mix_{name}").set_value(0).run()
    assert given(app) is None
    assert "0 items" in app.caption[1].value
