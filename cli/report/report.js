// SPDX-License-Identifier: Apache-2.0
// The pictures of a folder: search, filter and order over rows that the page holds as data. Only the cards that are shown
// exist as elements, and a block of thumbnails is parsed when one of them is shown.
'use strict';
(() => {
  const source = document.getElementById('data');
  const list = document.getElementById('cards');
  if (!source || !list) return;
  const data = JSON.parse(source.textContent);
  const AT_ONCE = 60;

  // Of a row: [name, class, score, class, score]; the last two, or four, may be absent.
  const label = (row, i) => row.length > 2 * i + 1 ? data.labels[row[2 * i + 1]] : '';
  const score = (row, i) => row.length > 2 * i + 2 ? row[2 * i + 2] : null;
  const first = row => score(row, 0) ?? -Infinity;
  const margin = row => score(row, 0) === null ? -Infinity : score(row, 0) - (score(row, 1) ?? 0);
  const number = value => value === null ? (data.kind === 'none' ? '' : '\u2013')
    : data.kind === 'raw' ? String(Number(value.toPrecision(4))) : (value / 100).toFixed(2) + '\u00a0%';

  const thumbnailOf = new Map(data.pictured.map((row, thumbnail) => [row, thumbnail]));
  const elements = document.querySelectorAll('script.thumbnails');
  const blocks = [];
  const thumbnail = row => {
    const place = thumbnailOf.get(row);
    if (place === undefined) return null;
    const block = Math.floor(place / data.block);
    blocks[block] ??= JSON.parse(elements[block].textContent);
    return 'data:image/webp;base64,' + blocks[block][place % data.block];
  };

  const template = document.getElementById('card').content.firstElementChild;
  const card = index => {
    const row = data.rows[index];
    const item = template.cloneNode(true);
    const part = name => item.querySelector(name);
    const picture = thumbnail(index);
    if (picture) {
      part('img').src = picture;
      part('img').alt = row[0];
      part('.none').remove();
    } else {
      part('img').remove();
    }
    part('.label').textContent = label(row, 0) || 'no label';
    if (row.length > 1) part('.value').textContent = number(score(row, 0));
    const filled = data.kind === 'percent' && score(row, 0) !== null ? score(row, 0) / 100 : 0;
    part('.fill').setAttribute('width', filled + '%');
    if (label(row, 1)) {
      const isolated = document.createElement('bdi');
      isolated.textContent = label(row, 1);
      part('.second').append('then ', isolated, ' ' + number(score(row, 1)));
    }
    part('.name').textContent = row[0];
    return item;
  };

  const orders = {
    margin: (a, b) => margin(data.rows[a]) - margin(data.rows[b]) || a - b,
    low: (a, b) => first(data.rows[a]) - first(data.rows[b]) || a - b,
    high: (a, b) => first(data.rows[b]) - first(data.rows[a]) || a - b,
    name: (a, b) => data.rows[a][0] < data.rows[b][0] ? -1 : data.rows[a][0] > data.rows[b][0] ? 1 : a - b,
    list: (a, b) => a - b,
  };
  const form = document.querySelector('.controls');
  const words = document.getElementById('name');
  const labels = document.getElementById('label');
  const order = document.getElementById('order');
  const found = document.getElementById('found');
  const more = document.getElementById('more');
  const bins = [...document.querySelectorAll('.bin')];
  let bin = null;  // the part of the histogram that is asked for
  let rows = [];
  let shown = 0;

  const say = () => {
    const count = rows.length.toLocaleString('en');
    found.textContent = rows.length === 0 ? 'No picture is like that.'
      : (shown < rows.length ? `The first ${shown.toLocaleString('en')} of ${count}` : count)
      + (rows.length === 1 ? ' picture' : ' pictures')
      + (bin ? `, confidence ${bin.querySelector('title').textContent.replace(/:.*/, '')}` : '');
    more.hidden = shown >= rows.length;
  };
  const show = () => {
    const next = rows.slice(shown, shown + AT_ONCE);
    list.append(...next.map(card));
    shown += next.length;
    say();
  };
  const inBin = row => {
    const value = score(row, 0);
    if (value === null) return false;
    const unit = data.kind === 'raw' ? 1 : 1e4;
    const last = bin === bins[bins.length - 1];
    return value >= bin.dataset.from * unit && (value < bin.dataset.to * unit || last);
  };
  const find = () => {
    const wanted = words.value.trim().toLowerCase();
    const only = labels.value;
    rows = [...data.rows.keys()].filter(index => {
      const row = data.rows[index];
      return (only === '' || String(row[1]) === only) && (wanted === '' || row[0].toLowerCase().includes(wanted))
        && (!bin || inBin(row));
    }).sort(orders[order.value]);
    shown = 0;
    list.replaceChildren();
    for (const other of bins) {
      other.classList.toggle('asked', other === bin);
      other.setAttribute('aria-pressed', String(other === bin));
    }
    for (const item of document.querySelectorAll('.counts button')) {
      item.setAttribute('aria-pressed', String(item.closest('li').dataset.label === only));
    }
    show();
  };
  const go = () => document.getElementById('pictures').scrollIntoView();

  // The labels of the list, each with its number of rows; a row without a label is in none.
  const counts = new Map();
  for (const row of data.rows) if (row.length > 1) counts.set(row[1], (counts.get(row[1]) ?? 0) + 1);
  const named = [...counts].map(([index, count]) => [data.labels[index], index, count]);
  for (const [text, index, count] of named.sort((a, b) => a[0] < b[0] ? -1 : 1)) {
    labels.append(new Option(`${text} (${count.toLocaleString('en')})`, index));
  }
  for (const item of document.querySelectorAll('.counts li')) {
    if (!counts.has(Number(item.dataset.label))) continue;
    const button = document.createElement('button');
    const text = item.querySelector('.label');
    button.type = 'button';
    button.append(...text.childNodes);
    button.title = 'Show only these pictures';
    text.append(button);
    button.addEventListener('click', () => {
      labels.value = labels.value === item.dataset.label ? '' : item.dataset.label;
      find();
      if (labels.value !== '') go();
    });
  }
  const ask = chosen => {
    bin = bin === chosen ? null : chosen;
    find();
    if (bin) go();
  };
  for (const part of bins) {
    part.setAttribute('role', 'button');
    part.setAttribute('tabindex', '0');
    part.setAttribute('aria-label', part.querySelector('title').textContent);
    part.addEventListener('click', () => ask(part));
    part.addEventListener('keydown', event => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      ask(part);
    });
  }
  let waiting = 0;
  words.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, data.rows.length > 5000 ? 200 : 0);
  });
  labels.addEventListener('change', find);
  order.addEventListener('change', find);
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('reset', () => {
    bin = null;
    setTimeout(find);  // after the fields are empty
  });
  more.addEventListener('click', () => {
    const before = shown;
    show();
    // The keyboard goes on at the first new picture, not at the top of the page.
    const next = list.children[before];
    if (next) {
      next.setAttribute('tabindex', '-1');
      next.focus({preventScroll: true});
    }
  });
  form.hidden = false;
  find();
})();
