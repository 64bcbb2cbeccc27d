import { talk } from '../talk.js';

const show = (text) => {
  document.querySelector('output').textContent = text;
};
talk(show).catch((error) => show(`failed: ${error.message}`));
