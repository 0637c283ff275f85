"""Files of reviews and surveys into the lake: mapped, masked, counted; what cannot be read is set aside, nothing is lost.

Order of a file's way: archives, encodings, readers (bytes to text columns) -> mapping, normalise, linking (columns to rows of
`reviews`) -> merging, hygiene (rows into months) -> staging, ledger (months into the lake).
"""

from voc.ingest.ledger import Ingested, ingest
from voc.ingest.privacy import load_key, make_key
from voc.ingest.sources import Source, names
from voc.ingest.sources import described as sources
from voc.ingest.staging import recover

__all__ = ["Ingested", "Source", "ingest", "load_key", "make_key", "names", "recover", "sources"]
