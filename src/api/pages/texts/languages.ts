/** Which language a reader gets. */
import { ar } from './ar.ts';
import { en, type Texts } from './en.ts';

/** The first one where the reader reads none of them. */
export const LANGUAGES: readonly Texts[] = [en, ar];

/** By `lang` in the address, else by what the browser prefers, in its order. */
export function chooseLanguage(
  asked: string | null,
  preferred: readonly string[],
): { readonly texts: Texts; readonly chosen: boolean } {
  const named = LANGUAGES.find(({ language }) => language === asked);
  if (named !== undefined) return { texts: named, chosen: true };
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    const texts = LANGUAGES.find(({ language }) => language === primary);
    if (texts !== undefined) return { texts, chosen: false };
  }
  return { texts: LANGUAGES[0]!, chosen: false };
}

/** Of a header `Accept-Language`, in its order: browsers write what they prefer first. */
export function preferredLanguages(header: string): string[] {
  return header
    .split(',')
    .map((part) => part.split(';')[0]!.trim())
    .filter((tag) => tag !== '');
}
