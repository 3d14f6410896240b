// SPDX-License-Identifier: Apache-2.0
// The functions of the page: a switch of theme, and a search in flame graphs.
'use strict';
(() => {
  const root = document.documentElement;
  const button = document.getElementById('theme');
  if (button) {
    const asked = matchMedia('(prefers-color-scheme: dark)');
    const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : asked.matches;
    const show = () => { button.textContent = dark() ? 'Light theme' : 'Dark theme'; };
    button.hidden = false;
    button.addEventListener('click', () => {
      root.dataset.theme = dark() ? 'light' : 'dark';
      show();
    });
    show();
  }
  for (const svg of document.querySelectorAll('svg.plot')) {
    const frames = svg.querySelectorAll('g.frame');
    if (!frames.length) continue;
    const label = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'search';
    label.className = 'search';
    label.append('Find a function ', box);
    svg.parentElement.before(label);
    box.addEventListener('input', () => {
      const wanted = box.value.trim().toLowerCase();
      for (const frame of frames) {
        const found = frame.dataset.name.toLowerCase().includes(wanted);
        frame.classList.toggle('found', wanted !== '' ? found : false);
        frame.classList.toggle('lost', wanted !== '' ? !found : false);
      }
    });
  }
})();
