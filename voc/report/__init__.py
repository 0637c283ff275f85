"""The monthly report: pages, workbook, ranking and run record in one folder, made from Arrow tables alone."""

from voc.report.build import build
from voc.report.data import IssueName, ReportData, complainers
from voc.report.site import write_site
from voc.report.workbook import write_workbook

__all__ = ["IssueName", "ReportData", "build", "complainers", "write_site", "write_workbook"]
