"""A page as a test reads it: its cards, its tables, its addresses."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """What stands in a page: cards, tables, addresses, scripts."""

    def __init__(self):
        super().__init__()
        self.cards, self.tables, self.addresses, self.inside = {}, [], [], []
        self.label = ""

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.inside.append(tag)
        self.addresses += [
            v for k, v in attrs.items() if k in ("src", "href", "action", "data", "srcset") and v
        ]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append(["", None])
        elif tag == "data":
            value = float(attrs["value"])
            if "td" in self.inside or "th" in self.inside:
                self.tables[-1][-1][-1][1] = value
            elif "dd" in self.inside:
                self.cards.setdefault(self.label, value)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, text):
        if "script" in self.inside or "style" in self.inside:
            return
        if "dt" in self.inside:
            self.label = text
        if "td" in self.inside or "th" in self.inside:
            self.tables[-1][-1][-1][0] += text


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader


def find_table(page, first_head, *more):
    wanted = [first_head, *more]
    return next(t for t in page.tables if [cell[0] for cell in t[0]][: len(wanted)] == wanted)
