"""Small expressions, and a template of 1,000 lines."""
from .connector import figures


def run(report, work):
    own = figures(report, "jinja")
    report.row(
        "small expressions (comparisons, filters, attributes) in one thread",
        f"{own['expressions']:,.0f} a second of CPU", "100,000", own["expressions"] >= 100_000)
    report.row(
        f"a template of {own['lines']:,.0f} lines, already read; median of 20",
        f"{own['again']:.1f} ms CPU ({own['first']:.1f} ms where it has to be read first)", "5 ms", own["again"] < 5)
