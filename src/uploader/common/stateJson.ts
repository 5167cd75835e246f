/** JSON that this program wrote for its next run: read as strictly as what comes from outside. */
import type { z } from 'zod';

export type StateJson<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'invalid'; readonly reason: string };

/** The value that the text is by a schema, or what is wrong with it, and where in it. */
export function parseStateJson<Value>(schema: z.ZodType<Value>, text: string): StateJson<Value> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'it is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { kind: 'ok', value: parsed.data };
  const { path, message } = parsed.error.issues[0]!;
  return { kind: 'invalid', reason: `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}` };
}
