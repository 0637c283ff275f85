"""The monthly report: pages, workbook, ranking and run record in one folder, made from Arrow tables alone."""

from voc.report.build import build
from voc.report.cut import Pack
from voc.report.data import IssueName, ReportData
from voc.report.opening import open_book
from voc.report.site import write_site
from voc.report.workbook import write_workbook

__all__ = ["IssueName", "Pack", "ReportData", "build", "open_book", "write_site", "write_workbook"]
