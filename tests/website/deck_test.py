#!/usr/bin/env python3
"""The slide deck in a real browser, served by the website program.

  deck_test.py WEBSITE_PROGRAM [TEST...]

Exits with 77 (meson's "skipped") where there is no Chromium.
"""
import re
import sys
import time
import unittest

import browser as browser_module
from browser import Browser
from website_process import Website

TALL_WINDOW = (1920, 1400)  # no slide is higher, whatever fonts there are: a key turns the page and never scrolls
PHONES = [(320, 568), (390, 844)]
TURN_SECONDS_MAX = 10
CONTRAST_MIN = 4.5        # WCAG 2.1, success criterion 1.4.3, for text of ordinary size
TOUCH_TARGET_PX_MIN = 44  # WCAG 2.1, success criterion 2.5.5

# Colours of text against what lies behind it, for every element with text of its own that is shown.
CONTRAST_SCRIPT = """
const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) =>
    0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = numbers(getComputedStyle(e).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return numbers(getComputedStyle(document.documentElement).backgroundColor);
};
const found = [];
const root = document.querySelector('.slide.current');
for (const element of root.querySelectorAll('*')) {
  if (element.closest('svg') && element.tagName !== 'text') continue;
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || element.getClientRects().length === 0) continue;
  const style = getComputedStyle(element);
  const front = luminance(numbers(element.tagName === 'text' ? style.fill : style.color));
  const back = luminance(behind(element));
  const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
  if (contrast < arguments[0]) found.push([root.id, element.textContent, contrast]);
}
return found;
"""


class DeckTest(unittest.TestCase):
    program = None

    @classmethod
    def setUpClass(cls):
        cls.site = Website(cls.program)
        cls.browser = Browser()
        cls.browser.open(cls.site.url)
        cls.slides = cls.browser.run(
            "return [...document.querySelectorAll('.slide')].map("
            "(s) => [s.id, Number(s.dataset.column), Number(s.dataset.row)])")
        cls.columns = {}
        for name, column, _ in cls.slides:
            cls.columns.setdefault(column, []).append(name)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.site.stop()

    def setUp(self):
        self.browser.allow_scripts(True)
        self.browser.set_window(1280, 720)
        self.open()

    def open(self, slide=""):
        self.browser.open("about:blank")  # so that a change of the fragment alone loads the page, too
        self.browser.open(self.site.url + (f"#{slide}" if slide else ""))

    def shown(self):
        """The ids of all slides that can be seen."""
        return self.browser.run("return [...document.querySelectorAll('.slide')].filter("
                                "(s) => s.getClientRects().length > 0).map((s) => s.id)")

    def assert_shows(self, slide):
        """The page turns in an event after the key or the finger: it is given some time for that."""
        deadline = time.monotonic() + TURN_SECONDS_MAX
        while self.shown() != [slide] and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.shown(), [slide])
        self.assertEqual(self.browser.run("return location.hash").lstrip("#") or self.slides[0][0], slide)

    def go(self, slide):
        self.browser.run("location.hash = arguments[0]", slide)
        self.assert_shows(slide)

    def test_the_deck_has_chapters_and_details(self):
        self.assertTrue(25 <= len(self.slides) <= 45, len(self.slides))
        self.assertGreaterEqual(len(self.columns), 8)
        self.assertGreaterEqual(sum(len(column) > 1 for column in self.columns.values()), 8)

    def test_the_first_page_renders_with_its_style_and_drawing(self):
        self.assert_shows(self.slides[0][0])
        self.assertEqual(self.browser.run("return document.title"), "Sundog")
        width, height = self.browser.run(
            "const r = document.querySelector('.slide.current svg').getBoundingClientRect();"
            "return [r.width, r.height]")
        self.assertGreater(width, 300)
        self.assertGreater(height, 200)
        self.assertEqual(self.browser.run("return getComputedStyle(document.body).overflow"), "hidden")

    def test_right_and_left_turn_chapters_and_stop_at_the_ends(self):
        for column in range(1, len(self.columns)):
            self.browser.press("ArrowRight")
            self.assert_shows(self.columns[column][0])
        self.browser.press("ArrowRight")
        self.assert_shows(self.columns[len(self.columns) - 1][0])
        for column in range(len(self.columns) - 2, -1, -1):
            self.browser.press("ArrowLeft")
            self.assert_shows(self.columns[column][0])
        self.browser.press("ArrowLeft")
        self.assert_shows(self.columns[0][0])

    def test_down_and_up_turn_pages_within_a_chapter_and_stop_at_its_ends(self):
        chapter = max(self.columns.values(), key=len)
        self.browser.set_window(*TALL_WINDOW)
        self.open(chapter[0])
        for slide in chapter[1:]:
            self.browser.press("ArrowDown")
            self.assert_shows(slide)
        self.browser.press("ArrowDown")
        self.assert_shows(chapter[-1])
        for slide in reversed(chapter[:-1]):
            self.browser.press("ArrowUp")
            self.assert_shows(slide)
        self.browser.press("ArrowUp")
        self.assert_shows(chapter[0])

    def test_page_down_meets_every_slide_once_in_order_without_a_console_message(self):
        self.browser.console()
        self.browser.set_window(*TALL_WINDOW)
        self.open()
        self.assert_shows(self.slides[0][0])
        for name, _, _ in self.slides[1:]:
            self.browser.press("PageDown")
            self.assert_shows(name)
        self.browser.press("Home")
        self.assert_shows(self.slides[0][0])
        self.browser.press("End")
        self.assert_shows(self.slides[-1][0])
        self.assertEqual(self.browser.console(), [])

    def index_is_open(self):
        return self.browser.run(
            "return document.getElementById('index').getClientRects().length > 0")

    def test_escape_opens_the_index_and_closes_it(self):
        self.assertFalse(self.index_is_open())
        self.browser.press("Escape")
        self.assertTrue(self.index_is_open())
        self.assertEqual(self.browser.run("return document.querySelectorAll('#index a').length"),
                         len(self.slides))
        self.browser.press("Escape")
        self.assertFalse(self.index_is_open())
        self.assert_shows(self.slides[0][0])

    def test_in_the_index_arrows_move_and_enter_goes(self):
        self.browser.press("Escape", "ArrowRight", "ArrowDown", "Enter")
        self.assertFalse(self.index_is_open())
        self.assert_shows(self.columns[1][1])

    def test_in_the_index_a_click_goes(self):
        self.browser.press("Escape")
        target = self.columns[3][1]
        self.browser.click(f'#index a[href="#{target}"]')
        self.assertFalse(self.index_is_open())
        self.assert_shows(target)

    def test_an_address_with_a_fragment_opens_that_slide_and_back_returns(self):
        self.open(self.columns[2][1])
        self.assert_shows(self.columns[2][1])
        self.browser.press("ArrowUp")
        self.assert_shows(self.columns[2][0])
        self.browser.back()
        self.assert_shows(self.columns[2][1])

    def test_an_unknown_fragment_opens_the_first_slide(self):
        self.open("no-such-slide")
        self.assertEqual(self.shown(), [self.slides[0][0]])

    def test_without_javascript_all_slides_can_be_read_and_reached(self):
        self.browser.allow_scripts(False)
        for width, height in [(1280, 720), *PHONES]:
            self.browser.set_window(width, height, phone=width < 500)
            self.open()
            self.assertEqual(self.shown(), [name for name, _, _ in self.slides])
            self.assertLessEqual(
                self.browser.run("return document.documentElement.scrollWidth"), width)
        dead = self.browser.run("return [...document.querySelectorAll('#index a')].filter("
                                "(a) => !document.querySelector(a.getAttribute('href'))).length")
        self.assertEqual(dead, 0)
        self.assertEqual(self.browser.run("return getComputedStyle(document.body).overflow"), "visible")

    def test_on_a_phone_nothing_is_wider_than_the_screen(self):
        for width, height in PHONES:
            self.browser.set_window(width, height, phone=True)
            self.open()
            for name, _, _ in self.slides:
                self.go(name)
                wide = self.browser.run(
                    "const s = document.querySelector('.slide.current');"
                    "return [document.documentElement.scrollWidth, s.scrollWidth,"
                    " ...[...s.querySelectorAll('p, h2, table, svg, pre')].map("
                    "(e) => Math.floor(e.getBoundingClientRect().right))]")
                self.assertLessEqual(max(wide), width, name)

    def test_on_a_phone_swipes_turn_the_pages_and_buttons_fit_a_finger(self):
        self.browser.set_window(390, 844, phone=True)
        chapter = self.columns[2]
        self.open(chapter[0])
        middle = (195, 500)
        self.browser.swipe(middle, (195, 200))
        self.assert_shows(chapter[1])
        self.browser.swipe(middle, (195, 800))
        self.assert_shows(chapter[0])
        self.browser.swipe((320, 500), (60, 500))
        self.assert_shows(self.columns[3][0])
        self.browser.swipe((60, 500), (320, 500))
        self.assert_shows(chapter[0])
        sizes = self.browser.run("return [...document.querySelectorAll('.bar button')].flatMap("
                                 "(b) => [b.offsetWidth, b.offsetHeight])")
        self.assertGreaterEqual(min(sizes), TOUCH_TARGET_PX_MIN)

    def test_text_has_contrast_in_light_and_dark(self):
        for dark in (False, True):
            self.browser.set_window(1280, 720, dark=dark)
            self.open()
            for name, _, _ in self.slides:
                self.go(name)
                self.assertEqual(self.browser.run(CONTRAST_SCRIPT, CONTRAST_MIN), [])

    def test_a_screen_reader_finds_headings_names_and_descriptions(self):
        facts = self.browser.run("""
            const all = (selector) => [...document.querySelectorAll(selector)];
            return {language: document.documentElement.lang, h1: all('h1').length,
                    unnamed_slides: all('.slide').filter(
                        (s) => !document.getElementById(s.getAttribute('aria-labelledby'))).length,
                    undescribed: all('svg').filter((s) => s.getAttribute('role') !== 'img' ||
                        (s.getAttribute('aria-label') ?? '').length < 20).length,
                    unnamed_buttons: all('button').filter((b) => !b.getAttribute('aria-label')).length,
                    focused: document.activeElement.id};""")
        self.assertEqual(facts, {"language": "en", "h1": 1, "unnamed_slides": 0, "undescribed": 0,
                                 "unnamed_buttons": 0, "focused": self.slides[0][0]})

    def test_printing_gives_every_slide_a_page(self):
        pdf = self.browser.print_pdf()
        pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
        self.assertEqual(pages, len(self.slides))

    def test_nothing_is_loaded_from_elsewhere(self):
        loaded = self.browser.run(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertGreaterEqual(len(loaded), 2)
        for address in loaded:
            self.assertTrue(address.startswith(self.site.url), address)


if __name__ == "__main__":
    missing = browser_module.what_is_missing()
    if missing:
        print(f"skipped: there is no {missing} here (./sundog test installs it on Debian)")
        sys.exit(77)
    DeckTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
