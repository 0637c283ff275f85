import pytest

from voc.config import Config, load, parse
from voc.errors import ConfigError, UnknownName


def project(tmp_path, text):
    (tmp_path / "voc.toml").write_text(text, "utf-8")
    return tmp_path


def test_no_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="voc init"):
        load(tmp_path)


def test_an_empty_file_is_all_defaults(tmp_path):
    assert load(project(tmp_path, ""), environ={}) == Config()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[project]\ntimezone = 'UTC'", r"'project.timezone'.*'project.time_zone'"),
        ("[rank]\nfdr = 0.1", r"'rank'.*'ranking'"),
        ("[sources.shop]\nmap = 'x.toml'", r"'sources.shop.map'.*'sources.shop.mapping'"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_name(tmp_path, text, words):
    with pytest.raises(UnknownName, match=words):
        load(project(tmp_path, text), environ={})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[project]\ntime_zone = 'Asia/Shangai'", "project.time_zone.*Asia/Shangai"),
        ("[ranking]\nfdr = 2", "ranking.fdr.*found 2"),
        ("[ranking\n", "voc.toml"),
    ],
)
def test_a_bad_value_is_named_with_its_place(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words):
        load(project(tmp_path, text), environ={})


def test_sources_hold_their_limit_beside_the_sources():
    config = parse({"sources": {"max_quarantined": 0.5, "shop": {"files": "inbox/x/*.csv", "source": "table"}}})
    assert config.max_quarantined == 0.5
    assert config.sources["shop"].source == "table"


def test_a_variable_overrides_the_file(tmp_path):
    folder = project(tmp_path, "[ranking]\nfdr = 0.1\n")
    config = load(
        folder, environ={"VOC_RANKING_FDR": "0.05", "VOC_PROJECT_NAME": "chain", "VOC_TOPICS_ENABLED": "false"}
    )
    assert (config.ranking.fdr, config.project.name, config.topics.enabled) == (0.05, "chain", False)
