# SPDX-License-Identifier: Apache-2.0
"""Looks at a page with Debian's chromium: what is wider than the window, which text is too pale, and what a script sees."""

import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

PROBE = """<!DOCTYPE html><title>probe</title><pre id="out"></pre><iframe id="page" width="WIDTH" height="900"></iframe>
<script>
const page = document.getElementById('page');
page.onload = async () => {
  const inside = page.contentDocument;
  const style = element => page.contentWindow.getComputedStyle(element);
  const acted = await (async () => ACT)();
  await new Promise(done => setTimeout(done, 300));
  const root = inside.scrollingElement;
  const scrolls = '.scroll, .picture, pre, details:not([open])';
  const name = element => element.tagName + '.' + element.getAttribute('class');
  const wide = [...inside.querySelectorAll('main *, header *')].filter(e => !e.closest(scrolls)
    && e.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 5).map(name);

  // WCAG 2: the contrast of every text that is seen against the nearest paper behind it is 4.5 or more.
  const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = rgb => rgb.slice(0, 3).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const paperOf = element => {
    for (let at = element; at; at = at.parentElement) {
      const rgb = channels(style(at).backgroundColor);
      if (rgb.length === 3 || rgb[3] === 1) return rgb;
    }
    return [255, 255, 255];
  };
  const pale = [...inside.querySelectorAll('body *')].filter(element => {
    if (element.closest('script, style, title, template, noscript, svg') || !element.getClientRects().length) return false;
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) return false;
    const [a, b] = [luminance(channels(style(element).color)), luminance(paperOf(element))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5;
  }).slice(0, 5).map(name);
  document.getElementById('out').textContent = JSON.stringify({scroll: root.scrollWidth, client: root.clientWidth, wide,
    pale, paper: style(inside.body).backgroundColor, button: inside.getElementById('theme')?.hidden, acted});
};
page.src = 'PAGE';
</script>"""


def find_browser():
    return shutil.which("chromium") or shutil.which("google-chrome")


def start(url, folder, dark, *flags):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--window-size=1600,1000",
             f"--user-data-dir={folder}/profile", f"--blink-settings=preferredColorScheme={0 if dark else 1}", *flags]
    return subprocess.run([find_browser(), *flags, url], capture_output=True, text=True, timeout=300, check=True).stdout


def look(page, width, dark, act="null"):
    """`act`: JavaScript, an expression that may use `inside`, the page's document; its value is returned as "acted"."""
    page = pathlib.Path(page)
    with tempfile.TemporaryDirectory() as folder:
        probe = page.with_name(f"probe-{os.getpid()}.html")
        probe.write_text(PROBE.replace("WIDTH", str(width)).replace("ACT", act).replace("PAGE", page.name))
        try:
            dom = start(probe.as_uri(), folder, dark, "--virtual-time-budget=8000", "--dump-dom")
        finally:
            probe.unlink()
    return json.loads(html.unescape(re.search(r'(?s)<pre id="out">(.+?)</pre>', dom).group(1)))


def assert_fits(test, page, width, dark, act="null"):
    """Nothing is wider than the window, no text is too pale, the theme is the one that is asked for. Returns what look()
    does."""
    seen = look(page, width, dark, act)
    test.assertEqual(seen["wide"], [])
    test.assertLessEqual(seen["scroll"], seen["client"])
    test.assertEqual(seen["pale"], [])
    paper = [int(part) for part in re.findall(r"\d+", seen["paper"])[:3]]
    test.assertEqual(sum(paper) < 200, dark, seen["paper"])
    return seen
