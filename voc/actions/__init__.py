"""What is handed on to people, and what they hand back: lists of actions, members, fixes and audits. No ranking maths.

audit     what to label, as a workbook, and the answers read back
"""
