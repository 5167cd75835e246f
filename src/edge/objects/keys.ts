/** Which texts are keys. Keys also come from rows and from a published log: they must stay in the bucket. */
const KEY = /^[A-Za-z0-9_.+=@-]+(?:\/[A-Za-z0-9_.+=@-]+)*$/;

/** The key itself, or an error for one that could mean something outside a folder. */
export function checkKey(key: string): string {
  const parts = key.split('/');
  if (!KEY.test(key) || key.length > 1024 || parts.some((part) => /^\.+$/.test(part)))
    throw new Error(`not a key of an object: ${JSON.stringify(key.slice(0, 200))}`);
  return key;
}
