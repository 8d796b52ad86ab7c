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

/** Chinese unless the `Accept-Language` header names English first. Browsers list the preferred language first. */
export function languageOf(acceptLanguage = ''): Language {
  const [, first] = /(?:^|,)\s*(zh|en)\b/i.exec(acceptLanguage) ?? [];
  return first?.toLowerCase() === 'en' ? 'en' : 'zh';
}
