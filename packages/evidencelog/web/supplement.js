// What the maker of a bundle adds to what its entries say, from version 4; see supplement.py.
import { Malformed } from "./bytes.js";
import { Shape, strictJson } from "./json.js";
import { VOCABULARIES } from "./vocabulary.js";

const MAX_ITEMS = 5000;
const MAX_SUPPLEMENT_TEXT = 4000;
const supplementShape = new Shape("bundle.malformed", "the statement of the bundle");

function words(value) {
  return supplementShape.text(value, MAX_SUPPLEMENT_TEXT, { lines: true });
}

function entryNumber(value) {
  if (typeof value !== "number" || value < 1 || value >= 2 ** 31) supplementShape.fail("a number is not one of an entry");
  return value;
}

function listed(value, keys, read) {
  return supplementShape.list(value, MAX_ITEMS).map((one) => read(supplementShape.object(one, keys)));
}

export function parseSupplement(data) {
  const content = strictJson(data, "bundle.malformed", "the statement");
  if (!(content instanceof Map) || content.get("format") !== "evidencelog-statement") supplementShape.fail("it is not one");
  const unknown = () => {
    throw new Malformed("bundle.unknown_version", "the statement is of a version that is not known here");
  };
  if (content.get("version") !== 2) unknown();
  supplementShape.object(content, ["format", "version", "vocabulary", "main", "masked", "names", "texts", "stated"]);
  if (!(entryNumber(content.get("vocabulary")) in VOCABULARIES)) unknown();
  const names = listed(content.get("names"), ["id", "zh", "en"], (item) => [
    words(item.get("id")), { zh: words(item.get("zh")), en: words(item.get("en")) },
  ]);
  const found = {
    vocabulary: content.get("vocabulary"),
    main: entryNumber(content.get("main")),
    masked: supplementShape.flag(content.get("masked")),
    names: new Map(names),
    texts: listed(content.get("texts"), ["entry", "path", "text"], (item) => ({
      entry: entryNumber(item.get("entry")),
      path: supplementShape.list(item.get("path"), 8).map(words),
      text: words(item.get("text")),
    })),
    stated: listed(content.get("stated"), ["key", "zh", "en", "entry"], (item) => ({
      key: words(item.get("key")),
      shown: { zh: words(item.get("zh")), en: words(item.get("en")) },
      entry: item.get("entry") === null ? null : entryNumber(item.get("entry")),
    })),
  };
  if (found.names.size !== names.length) supplementShape.fail("one id has two names");
  return found;
}
