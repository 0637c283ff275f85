"""Files of reviews and surveys into the lake: mapped, masked, counted; what cannot be read is set aside, nothing is lost.

Order of a file's way: archives, encodings, readers (bytes to text columns) -> mapping, normalise, linking (columns to rows of
`reviews`) -> spool, merging, hygiene (rows into months) -> staging, ledger (months into the lake). `wizard` guesses a mapping.
"""

from voc.ingest.job import Ingested
from voc.ingest.ledger import ingest
from voc.ingest.mapping import Mapping
from voc.ingest.privacy import load_key, make_key
from voc.ingest.sources import Source, names
from voc.ingest.sources import described as sources
from voc.ingest.staging import recover
from voc.ingest.wizard import Proposal, propose

__all__ = [
    "Ingested",
    "Mapping",
    "Proposal",
    "Source",
    "ingest",
    "load_key",
    "make_key",
    "names",
    "propose",
    "recover",
    "sources",
]
