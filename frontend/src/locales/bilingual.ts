export interface Messages {
  [key: string]: string | Messages
}

/** The same keys with other sentences. */
export type SameKeys<T> = { [K in keyof T]: T[K] extends string ? string : SameKeys<T[K]> }

/** Sentences of one part of the product in both languages. A key that lacks its English does not compile. */
export function bilingual<T extends Messages>(zh: T, en: SameKeys<T>): { zh: T; en: SameKeys<T> } {
  return { zh, en }
}
