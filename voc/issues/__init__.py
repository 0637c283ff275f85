"""From mentions to a ranking: additive counts, expectations, shrunken relative risks, signals; the chain and safety lists.

facts, exposure, topic_facts, complaints, complainers, respondents, merge   voc.issues.counts
rank, RankSettings, IssueMeta                     voc.issues.ranking, voc.issues.settings
chain, withheld                                   voc.issues.chain
safety                                            voc.issues.safety
topic_metas, shown, as_history, with_history      voc.issues.topics
"""

from voc.issues.chain import chain, previous, withheld
from voc.issues.counts import complainers, complaints, exposure, facts, merge, respondents, topic_facts
from voc.issues.ranking import rank
from voc.issues.safety import safety
from voc.issues.settings import IssueMeta, RankSettings
from voc.issues.topics import as_history, shown, topic_metas, with_history

__all__ = [
    "IssueMeta",
    "RankSettings",
    "as_history",
    "chain",
    "complainers",
    "complaints",
    "exposure",
    "facts",
    "merge",
    "previous",
    "rank",
    "respondents",
    "safety",
    "shown",
    "topic_facts",
    "topic_metas",
    "with_history",
    "withheld",
]
