// SPDX-License-Identifier: Apache-2.0
// The switch between the light and the dark theme. Its button is hidden where no script runs.
'use strict';
(() => {
  const root = document.documentElement;
  const button = document.getElementById('theme');
  if (!button) return;
  const asked = matchMedia('(prefers-color-scheme: dark)');
  const dark = () => root.dataset.theme ? root.dataset.theme === 'dark' : asked.matches;
  const show = () => { button.textContent = dark() ? 'Light theme' : 'Dark theme'; };
  button.hidden = false;
  button.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    show();
  });
  show();
})();
