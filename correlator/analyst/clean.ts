/** What a model wrote, made fit to be shown: words only. Pages, tickets and chats downstream turn links, images and markup into acts; so none gets that far. */
import { plainText } from './plain-text.ts'

/** Text and how many links, images and tags were taken out of it. */
export interface Cleaned {
  readonly text: string
  readonly removed: number
}

const REMOVED = '[link removed]'
const SCHEME = String.raw`(?:[a-z][a-z0-9+.-]{1,20}:\/\/|(?:javascript|vbscript|data|mailto|tel|file|blob|about|smb|ftp)\s{0,3}:)`

/** In order: each takes out one form. `$1` keeps the words people see. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  // ![alt](address) and ![alt][reference]
  [/!\[[^\]]{0,2000}\]\s{0,3}(?:\([^)]{0,4000}\)?|\[[^\]]{0,200}\])/g, REMOVED],
  // [words](address) and [words][reference]
  [/\[([^\]]{0,2000})\]\s{0,3}\([^)]{0,4000}\)?/g, '$1'],
  [/\[([^\]]{0,2000})\]\[[^\]]{0,200}\]/g, '$1'],
  // [reference]: address
  [/^\s{0,3}\[[^\]]{1,200}\]:[^\n]{0,2000}/gm, REMOVED],
  [/<!--[\s\S]{0,8000}?(?:-->|$)/g, ''],
  [/<(script|style|iframe|object|embed|svg|math|template)\b[\s\S]{0,8000}?(?:<\/\1\s{0,5}>|$)/gi, ''],
  // Chat: <!channel>, <@U123>, <https://…|words>
  [/<[!@#][^>\n]{0,300}>?/g, ''],
  [/<\/?[a-z][^>]{0,4000}(?:>|$)/gi, ''],
  [new RegExp(String.raw`\b${SCHEME}[^\s<>"']{0,4000}`, 'gi'), REMOVED],
  [/\bwww\.[^\s<>"']{1,2000}/gi, REMOVED],
  [/&(?:#x?[0-9a-f]{1,8}|[a-z]{2,10});?/gi, ' '],
  [/@(?=(?:everyone|here|channel|all)\b)/gi, ''],
]

/** Takes out everything but words. A text may hide one form inside another, so the forms are applied until nothing changes, a few times at most. */
export function cleanText(given: string, maxChars: number): Cleaned {
  let text = plainText(given, maxChars)
  let removed = 0
  for (let round = 0; round < 5; round += 1) {
    const before = text
    for (const [form, instead] of FORMS) {
      text = text.replace(form, (_, words: unknown) => {
        removed += 1
        return instead === '$1' && typeof words === 'string' ? words : instead
      })
    }
    if (text === before) break
  }
  // What is left of brackets that could make markup, when the rounds did not suffice.
  text = text.replace(/<(?=[a-z/!])/gi, '‹').replace(/\]\(/g, '] (').replace(/`{2,}/g, "'")
  return { text: text.replace(/[ \t]{2,}/g, ' ').replace(/\n{3,}/g, '\n\n').trim().slice(0, maxChars), removed }
}
