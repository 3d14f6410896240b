// SPDX-License-Identifier: Apache-2.0
// The search in the page's flame graphs.
'use strict';
(() => {
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
