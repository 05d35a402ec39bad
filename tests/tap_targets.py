"""What a finger can tap on a page, and whether it is large enough.

A link in a sentence is as high as its line: WCAG 2.5.8 leaves out targets "in a sentence", and so do we. What is not
seen (the link to the content before it has the focus) cannot be tapped.
"""

from playwright.sync_api import Page

LEAST_PX = 44
FIND = """least => {
  const box = element => element.getBoundingClientRect();
  const isSeen = element => element.checkVisibility({ visibilityProperty: true }) && box(element).width > 1;
  const inSentence = link => {
    if (link.tagName !== 'A' || getComputedStyle(link).display !== 'inline') return false;
    const around = link.closest('p, li, dd, td, blockquote, label, h1, h2, h3');
    return !!around && around.innerText.replace(link.innerText, '').trim().length > 2;
  };
  // A radio button is chosen by its label as well: together they are one target.
  const parts = element => [element, ...(/^(radio|checkbox)$/.test(element.type) ? element.labels : [])];
  const found = [];
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button]')) {
    const seen = parts(element).filter(isSeen).map(box);
    if (element.type === 'hidden' || !seen.length || inSentence(element)) continue;
    const width = Math.max(...seen.map(each => each.right)) - Math.min(...seen.map(each => each.left));
    const height = Math.max(...seen.map(each => each.bottom)) - Math.min(...seen.map(each => each.top));
    // Half a pixel is what rounding may take away.
    if (Math.min(width, height) < least - 0.5) {
      found.push(`${element.outerHTML.slice(0, 160)}: ${width.toFixed(1)} x ${height.toFixed(1)}`);
    }
  }
  return found;
}"""


def too_small(page: Page) -> list[str]:
    """What can be tapped on the page and is less than 44 CSS pixels wide or high."""
    return page.evaluate(FIND, LEAST_PX)
