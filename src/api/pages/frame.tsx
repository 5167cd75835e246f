/** What stands around every page. */
import type { ComponentChildren } from 'preact';
import type { Links } from './page.ts';
import type { Texts } from './texts/en.ts';
import { LANGUAGES } from './texts/languages.ts';

export interface FrameParts {
  readonly texts: Texts;
  readonly links: Links;
  readonly title: string;
  readonly siteName: string;
  /** At the foot, where it is not what the public pages say. */
  readonly about?: string;
  readonly version: string;
  /** Addresses of our own files. */
  readonly assets: { readonly style: string; readonly script: string; readonly icon: string };
  readonly navigation: readonly { readonly path: string; readonly name: string }[];
  /** Of this page, as the router has it. */
  readonly path: string;
  /** The same page in a language. */
  readonly inLanguage: (language: string) => string;
  readonly children: ComponentChildren;
}

export function Frame(parts: FrameParts) {
  const { texts, links, assets } = parts;
  return (
    <html lang={texts.language} dir={texts.direction}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${parts.title} · ${parts.siteName}`}</title>
        <link rel="stylesheet" href={assets.style} />
        <link rel="icon" href={assets.icon} type="image/svg+xml" />
        <script src={assets.script} defer />
      </head>
      <body>
        <a class="skip" href="#main">
          {texts.skip}
        </a>
        <header class="top">
          <a class="brand" href={links('/')}>
            <Mark />
            <span>{texts.site}</span>
            <bdi class="host">{parts.siteName}</bdi>
          </a>
          {parts.navigation.length > 0 && (
            <nav aria-label={texts.navigation}>
              {parts.navigation.map(({ path, name }) => (
                <a href={links(path)} aria-current={path === parts.path ? 'page' : undefined}>
                  {name}
                </a>
              ))}
            </nav>
          )}
        </header>
        <main id="main" tabIndex={-1}>
          {parts.children}
        </main>
        <footer class="bottom">
          <p>
            {parts.about ?? texts.footer.about} {texts.footer.times}
          </p>
          <nav aria-label={texts.languages}>
            {LANGUAGES.map(({ language, name, direction }) => (
              <a
                href={parts.inLanguage(language)}
                lang={language}
                dir={direction}
                hreflang={language}
                aria-current={language === texts.language ? 'true' : undefined}
              >
                {name}
              </a>
            ))}
          </nav>
          <p class="version">
            <bdi>{texts.footer.version(parts.version)}</bdi>
          </p>
        </footer>
      </body>
    </html>
  );
}

/** Three rows of marks, one of them filled: what was measured, and what stood out. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 18 18" aria-hidden="true">
      <rect x="0" y="1" width="4" height="16" />
      <rect x="7" y="5" width="4" height="12" />
      <rect class="out" x="14" y="9" width="4" height="8" />
    </svg>
  );
}
