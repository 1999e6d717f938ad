// The words of every version: a file says only what differs from the version before it; see vocabulary.py.
import { VOCABULARY_FILES } from "./words.js";

function wordsOf(version) {
  const own = VOCABULARY_FILES[version];
  if (own.base === undefined) return own;
  const base = wordsOf(own.base);
  const other = new Map(own.fields.map((field) => [field[0], field]));
  const fieldsIn = (items) =>
    items.map((field) => {
      const [path, zh, en, form] = field;
      return other.get(path) ?? [path, zh, en, form === "id" && own.persons.includes(path) ? "person" : form];
    });
  const kinds = Object.entries({ ...base.kinds, ...own.kinds }).map(([kind, one]) => [
    kind,
    one.fields === undefined ? one : { ...one, fields: fieldsIn(one.fields) },
  ]);
  return {
    ...base,
    version: own.version,
    words: { ...base.words, ...own.words },
    codes: { ...base.codes, ...own.codes },
    common: fieldsIn(base.common),
    any: fieldsIn(base.any),
    kinds: Object.fromEntries(kinds),
  };
}

export const VOCABULARIES = Object.fromEntries(Object.keys(VOCABULARY_FILES).map((version) => [version, wordsOf(version)]));
