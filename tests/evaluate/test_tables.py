from voc.evaluate import Figure
from voc.evaluate.tables import BEGIN, END, markdown, placed

FIGURES = [
    Figure("waimai", "voc fast", "accuracy", 0.876, 0.87, 0.882, 11978),
    Figure("waimai", "snownlp", "accuracy", 0.7716, 0.752, 0.79, 2000),
    Figure("waimai", "voc fast", "right where P is 0.9 to 1.0", 0.946, None, None, 7574),
    Figure("english", "voc fast", "macro F1", 1.0, None, None, 40),
]


def test_systems_stand_beside_each_other():
    lines = markdown(FIGURES).splitlines()
    assert lines[0] == "| set | measure | voc fast | snownlp | texts | looked at |"
    assert lines[2].startswith(
        "| waimai | accuracy | .876 (.870 to .882) | .772 (.752 to .790), 2,000 texts | 11,978 |"
    )
    assert lines[3].startswith("| english | macro F1 | 1.000 |  | 40 |")


def test_the_reliability_table_stands_apart():
    assert markdown(FIGURES).endswith(
        "| P of the answer | waimai, voc fast |\n| --- | --- |\n| 0.9 to 1.0 | .946 of 7,574 |"
    )


def test_only_what_is_between_the_marks_changes():
    text = f"before\n\n{BEGIN}\n\nold\n\n{END}\nafter\n"
    once = placed(text, FIGURES)
    assert (
        once.startswith(f"before\n\n{BEGIN}\n\n| set |") and once.endswith(f"\n\n{END}\nafter\n") and "old" not in once
    )
    assert placed(once, FIGURES) == once
    assert placed(placed(text, []), []) == f"before\n\n{BEGIN}\n\n{END}\nafter\n"
