/**
 * The only script of the pages, as the browser gets it. Every page works without it: it checks a proof of
 * inclusion where the reader asks for that (docs/archive.md, "Proofs"; RFC 6962, 2.1.1), and finds a text in a
 * measurement while it is written.
 */
export const SCRIPT = String.raw`'use strict';
(() => {
  const HASH_BYTES = 32;
  const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const sha256 = async (...parts) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
  const equal = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

  // The root that a leaf and its proof lead to; undefined where the proof has the wrong length.
  async function rootOf(index, size, leaf, proof) {
    let hash = leaf;
    let last = size - 1;
    let at = index;
    if (at > last) return undefined;
    for (const other of proof) {
      if (last === 0) return undefined;
      if (at % 2 === 1 || at === last) {
        hash = await sha256([1], other, hash);
        while (at % 2 === 0 && at !== 0) {
          at = Math.floor(at / 2);
          last = Math.floor(last / 2);
        }
      } else hash = await sha256([1], hash, other);
      at = Math.floor(at / 2);
      last = Math.floor(last / 2);
    }
    return last === 0 ? hash : undefined;
  }

  // 'good', 'bad', or 'unsupported' where the browser does not know Ed25519.
  async function signed(note, keyText) {
    const [, name, , key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\s*$/.exec(keyText) ?? [];
    if (key === undefined) return 'bad';
    const publicKey = bytesOf(key).subarray(1);
    let verifier;
    try {
      verifier = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    } catch {
      return 'unsupported';
    }
    const end = note.indexOf('\n\n') + 1;
    const text = new TextEncoder().encode(note.slice(0, end));
    for (const line of note.slice(end + 1).split('\n')) {
      const [, signer, signature] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
      if (signer !== name) continue;
      // Four bytes before it say which key it is by.
      const good = await crypto.subtle.verify('Ed25519', verifier, bytesOf(signature).subarray(4), text);
      if (good) return 'good';
    }
    return 'bad';
  }

  async function check({ proof, key, body, uid }) {
    if (globalThis.crypto?.subtle === undefined) return 'insecure';
    const answers = await Promise.all([fetch(proof), fetch(key), fetch(body)]);
    if (answers.some(({ ok }) => !ok)) return 'unavailable';
    const [value, keyText, text] = await Promise.all([
      answers[0].json(),
      answers[1].text(),
      answers[2].arrayBuffer(),
    ]);
    // The entry names the measurement that this page is about, and the text that it shows.
    const entry = JSON.parse(value.entry);
    const digest = [...(await sha256(new Uint8Array(text)))];
    const hex = digest.map((byte) => byte.toString(16).padStart(2, '0')).join('');
    if (entry.uid !== uid || entry.sha256 !== hex) return 'bad';
    const [, size, root] = value.checkpoint.split('\n');
    const hashes = value.inclusion_proof.map(bytesOf);
    if (hashes.some(({ length }) => length !== HASH_BYTES)) return 'bad';
    const leaf = await sha256([0], new TextEncoder().encode(value.entry));
    const found = await rootOf(value.leaf_index, Number(size), leaf, hashes);
    if (found === undefined || !equal(found, bytesOf(root))) return 'bad';
    const signature = await signed(value.checkpoint, keyText);
    return signature === 'unsupported' ? 'unsigned' : signature;
  }

  for (const box of document.querySelectorAll('.check')) {
    const button = box.querySelector('button');
    const result = box.querySelector('.result');
    button.addEventListener('click', async () => {
      button.disabled = true;
      result.className = 'result';
      result.textContent = box.dataset.checking;
      let outcome;
      try {
        outcome = await check(box.dataset);
      } catch {
        outcome = 'unavailable';
      }
      result.textContent = box.dataset[outcome];
      result.classList.add(outcome);
      button.disabled = false;
    });
  }

  // Looks for a text while it is written: parts without it go away, others open.
  for (const form of document.querySelectorAll('.find')) {
    const parts = [...document.querySelectorAll('.raw > *')].map((element) => ({
      element,
      text: element.textContent.toLowerCase(),
    }));
    const [field] = form.querySelectorAll('input[type=search]');
    const output = form.querySelector('output');
    field.addEventListener('input', () => {
      const sought = field.value.trim().toLowerCase();
      let found = 0;
      for (const { element, text } of parts) {
        const has = text.includes(sought);
        element.hidden = !has;
        if (element.tagName === 'DETAILS') element.open = has && sought !== '';
        if (has) found++;
      }
      output.textContent =
        sought === '' ? '' : found === 0 ? form.dataset.none : form.dataset.parts + ' ' + found;
    });
  }
})();
`;
