"""What is handed on to people, and what they hand back: lists of actions, members, fixes and audits. No ranking maths.

audit     what to label, as a workbook, and the answers read back
todo      the action list over the months, its answers, and the fixes that people declared
lists     lists as files, and the same files read back
members   what members like and wish for, and who said that they may leave
phrases   in which words a place complains, and this month against those before
"""
