/** The languages of the sandbox's pages and messages. */
export type Language = 'zh' | 'en';

/** One text in both languages. */
export type LocalizedText<T = string> = Readonly<Record<Language, T>>;

/** Separates a table whose entries are pairs of the Chinese and the English text. */
export function localize<T extends Readonly<Record<string, readonly [zh: unknown, en: unknown]>>>(
  pairs: T,
): LocalizedText<{ readonly [Name in keyof T]: T[Name][0] }> {
  const column = (at: 0 | 1) =>
    Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, pair[at]])) as {
      [Name in keyof T]: T[Name][0];
    };
  return { zh: column(0), en: column(1) };
}

/** Chinese unless the `Accept-Language` header prefers English. */
export function languageOf(acceptLanguage = ''): Language {
  const quality = { zh: 0, en: 0 };
  for (const range of acceptLanguage.split(',')) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const language = tag.split('-')[0];
    if (language !== 'zh' && language !== 'en') continue;
    const q = Number(/^\s*q=([\d.]+)/.exec(parameters.join(';'))?.[1] ?? 1);
    quality[language] = Math.max(quality[language], Number.isNaN(q) ? 0 : q);
  }
  return quality.en > quality.zh ? 'en' : 'zh';
}
