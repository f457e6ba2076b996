"""Renders passports in the formats of other programs: bills of materials, cards, badges, feeds, calendars, tables."""
