from voc.text.clean import clean


def test_nul_and_lone_surrogates_go():
    assert clean("好\x00吃\ud83d!\udc00") == "好吃!"


def test_everything_else_stays():
    text = "👨‍👩‍👧 \u202e\ufeff\r\n\t末尾 "
    assert clean(text) == text
