// SPDX-License-Identifier: Apache-2.0
// The search in a flame graph that is opened as a file of its own: Ctrl-F, or a click on the words at the top.
'use strict';
(() => {
  const svg = document.documentElement;
  const frames = svg.querySelectorAll('g.frame');
  if (!frames.length) return;
  const words = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  const say = text => { words.textContent = text; };
  words.setAttribute('x', String(svg.viewBox.baseVal.width - 6));
  words.setAttribute('y', '14.5');
  words.setAttribute('text-anchor', 'end');
  words.setAttribute('class', 't small on-f');
  words.style.cursor = 'pointer';
  say('Find a function (Ctrl-F)');
  svg.append(words);
  const search = () => {
    const wanted = (prompt('Functions whose name contains:') || '').trim().toLowerCase();
    let count = 0;
    for (const frame of frames) {
      const found = wanted !== '' && frame.dataset.name.toLowerCase().includes(wanted);
      frame.classList.toggle('found', found);
      frame.classList.toggle('lost', wanted !== '' && !found);
      count += found ? 1 : 0;
    }
    say(wanted === '' ? 'Find a function (Ctrl-F)' : count + ' found: ' + wanted);
  };
  words.addEventListener('click', search);
  addEventListener('keydown', event => {
    if (!event.ctrlKey || event.key.toLowerCase() !== 'f') return;
    event.preventDefault();
    search();
  });
})();
