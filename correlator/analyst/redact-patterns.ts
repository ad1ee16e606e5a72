/**
 * What must not leave, as patterns. They run in this order over text that `plainText` has cleaned. In doubt they take too much: a summary that lacks a
 * file name is a smaller loss than a password at somebody else's.
 */

/** What a placeholder stands for. A `secret` is never put back. */
export type HiddenKind = 'secret' | 'email' | 'ip' | 'mac' | 'phone' | 'user' | 'account' | 'host'

/** A pattern, and which of its groups is hidden (0: all of the match). */
export interface HidingPattern {
  readonly kind: HiddenKind
  readonly pattern: RegExp
  readonly group: number
  /** Says no to a match that only looks alike. */
  readonly unless?: (hidden: string) => boolean
}

const SECRET_NAME = String.raw`pass(?:word|wd|phrase|code)?|pwd|pw|secret|token|api[ _.-]?key|apikey|access[ _.-]?key(?:[ _.-]?id)?|account[ _.-]?key|shared[ _.-]?access[ _.-]?(?:key|signature)|private[ _.-]?key|encryption[ _.-]?key|signing[ _.-]?key|master[ _.-]?key|license[ _.-]?key|credentials?|cred|connection[ _.-]?string|conn[ _.-]?str|dsn|client[ _.-]?secret|bearer|authorization|auth|cookie|session(?:[ _.-]?id)?|sessid|csrf|otp|pin|sig|signature|hmac|webhook[ _.-]?url|snmp[ _.-]?community|community`
/** Names of fields whose whole value is a secret. */
export const SECRET_FIELD = new RegExp(`(?:^|[^a-z])(?:${SECRET_NAME})(?:$|[^a-z])`, 'i')
const USER_NAME = String.raw`user(?:[ _.-]?name)?|usr|uname|login(?:[ _.-]?name)?|logon(?:[ _.-]?name)?|log[ -]in|account(?:[ _.-]?name)?|acct|uid|owner|caller|requester|requested[ _.-]?by|employee|operator|assignee|contact|customer|client[ _.-]?name|full[ _.-]?name|first[ _.-]?name|last[ _.-]?name|display[ _.-]?name|samaccountname|(?:target|subject)[ _.-]?(?:user|account)[ _.-]?name|principal|upn|identity|sender|recipient|mailbox|who|person`
/** Names of fields whose whole value names somebody. */
export const USER_FIELD = new RegExp(`^(?:.*[^a-z])?(?:${USER_NAME})$`, 'i')

/** A value in quotes of either kind, in full, or what stands up to the next blank. */
const VALUE = String.raw`(?:\\?"((?:[^"\\]|\\.){1,4000})"?|'((?:[^'\\]|\\.){1,4000})'?|([^\s"'<][^\s"'<]{0,4000}))`
const isFigure = (hidden: string): boolean => /^[\d.,:%+\-/()]*(?:%|[kmgt]?i?b|ms|s)?[.,;)]*$/i.test(hidden)
const isCommonWord = (hidden: string): boolean => /^(?:is|was|has|the|a|an|and|or|not|no|none|null|true|false|failed|failure|error|expired|expires|locked|disabled|enabled|unknown|invalid|denied|from|on|in|at|to|of|with|by|for|over|under|above|below|time|mode|space|sessions?|count|name|id|\[?redacted\]?|\*+)[.,:;]*$/i.test(hidden)
const isNothing = (hidden: string): boolean => /^[*x•.[\](){}-]*$/i.test(hidden)

const secret = (pattern: RegExp, group = 0): HidingPattern => ({ kind: 'secret', pattern, group, unless: isNothing })

/** Every pattern, in the order they are applied. */
export const HIDING_PATTERNS: readonly HidingPattern[] = [
  secret(/-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|CERTIFICATE|PGP MESSAGE)[A-Z ]{0,20}-----[\s\S]{0,20000}?(?:-----END [A-Z0-9 ]{0,60}-----|$)/g),
  // Connection strings and addresses: the part before the last @ of the authority.
  secret(/\b[a-z][a-z0-9+.-]{1,30}:\/\/([^\s/?#"'<>]{1,500})@/gi, 1),
  secret(/\beyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g),
  secret(/\b(?:AKIA|ASIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{12,}\b/g),
  secret(/\b(?:AIza[\w-]{30,}|ya29\.[\w-]{10,}|GOCSPX-[\w-]{10,}|1\/\/[\w-]{30,})/g),
  secret(/\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{10,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|(?:sk|rk|pk)_(?:live|test)_\w{8,}|sk-[\w-]{12,}|SG\.[\w-]{10,}\.[\w-]{10,}|npm_\w{20,}|dop_v1_\w{20,}|hvs\.[\w-]{10,}|pypi-[\w-]{20,}|aw_[\w-]{20,}|whsec_[\w+/=-]{16,}|shpat_\w{16,}|dapi[a-f0-9]{20,}|NRAK-\w{10,}|key-[a-f0-9]{20,})/g),
  secret(/[\w~.-]{3}\dQ~[\w~.-]{20,40}/g),
  secret(/https:\/\/(?:hooks\.slack\.com\/services|discord(?:app)?\.com\/api\/webhooks|[\w-]{1,60}\.webhook\.office\.com)\/[^\s"'<>]{4,300}/gi),
  secret(/\b(?:bearer|basic|digest|negotiate|ntlm|apikey|token)\s+([A-Za-z0-9+/_.~=-]{6,})/gi, 1),
  secret(/\b(?:set-)?cookie\s*:\s*([^\r\n]{1,4000})/gi, 1),
  secret(/\bauthorization\s*:\s*([^\r\n"']{1,4000})/gi, 1),
  // <password>…</password>
  secret(new RegExp(String.raw`<([\w:.-]{0,40}(?:${SECRET_NAME})[\w:.-]{0,20})(?:\s[^>]{0,200})?>([^<]{1,4000})`, 'gi'), 2),
  // password=…, "password": "…", Password => …, password is …; the quotes of the name may be escaped.
  { kind: 'secret', pattern: new RegExp(String.raw`(?:^|[^A-Za-z])[\w.-]{0,40}?(?:${SECRET_NAME})(?:[_.-]?\w{0,12})?\\?["']?\s{0,4}(?:=>|:=|={1,2}|:|\bis\b|\bwas\b)\s{0,4}${VALUE}`, 'gi'), group: -1, unless: (hidden) => isNothing(hidden) || isCommonWord(hidden) },
  // --password …, -pass …
  { kind: 'secret', pattern: new RegExp(String.raw`(?:^|\s)-{1,2}(?:[\w-]{0,30}-)?(?:${SECRET_NAME})\s+${VALUE}`, 'gi'), group: -1, unless: isNothing },
  // mysql -p…, curl -u user:…, sshpass -p …
  { kind: 'secret', pattern: new RegExp(String.raw`\b(?:mysql\w*|mariadb|sshpass|psql|redis-cli|ldapsearch|curl|wget)\b[^\n]{0,200}?\s-(?:p|a|w|u|pw)\s?${VALUE}`, 'gi'), group: -1 },
  { kind: 'email', pattern: /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,250}[\p{L}\p{N}])?/gu, group: 0 },
  { kind: 'mac', pattern: /\b(?:[0-9a-f]{2}[:-]){5}(?:[0-9a-f]{2}[:-]){0,2}[0-9a-f]{2}\b|\b[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}\b/gi, group: 0 },
  { kind: 'ip', pattern: /(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\d|\.\d)/g, group: 0 },
  { kind: 'phone', pattern: /(?<![\w.])(?:\+|00)\d[\d ()/.-]{6,18}\d(?!\w)/g, group: 0 },
  { kind: 'phone', pattern: /\b(?:tel|telephone|phone|mobile|cell|fax|call|dial|sms|msisdn|rufnummer|telefon)\b\W{0,4}(\+?[\d(][\d ()/.-]{4,18}\d)/gi, group: 1 },
  { kind: 'phone', pattern: /(?<![\w.])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w.])/g, group: 0 },
  { kind: 'account', pattern: /(?<![\w.-])\d{12}(?![\w.-])/g, group: 0 },
  { kind: 'account', pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, group: 0 },
  { kind: 'account', pattern: /\bS-1-5-(?:\d{1,10}-){1,14}\d{1,10}\b/g, group: 0 },
  { kind: 'user', pattern: new RegExp(String.raw`(?:^|[^A-Za-z])(?:${USER_NAME})\\?["']?\s{0,4}(?:=>|:=|={1,2}|:)\s{0,4}(?:\\?"((?:[^"\\]|\\.){1,300})"?|'((?:[^'\\]|\\.){1,300})'?|([^\s"'<,;|&)\]}]{1,300}))`, 'gi'), group: -1, unless: (hidden) => isFigure(hidden) || isCommonWord(hidden) },
  { kind: 'user', pattern: /\b(?:user|account|login|employee|mailbox)\s+(?:\\?["']([^"'\\]{1,200})\\?["']|([\w.@\\$-]{2,100}))(?=\s+(?:from|on|has|is|was|failed|logged|could|at|with|in|cannot|did|tried|by)\b|[.,;:)]|\s*$)/gi, group: -1, unless: (hidden) => isFigure(hidden) || isCommonWord(hidden) },
  { kind: 'user', pattern: /\bfor (?:invalid user |illegal user |user )?([\w.@\\$-]{1,100}) from\b/gi, group: 1, unless: isCommonWord },
  { kind: 'user', pattern: /(?<![\w\\:])[A-Za-z][\w.-]{1,30}\\{1,2}([\w.$-]{2,64})(?![\w\\])/g, group: 0 },
  { kind: 'user', pattern: /(?:[\\/](?:home|users|documents and settings)[\\/]{1,2})([^\s\\/:*?"<>|]{1,100})/gi, group: 1, unless: (hidden) => /^(?:public|default|shared|all)$/i.test(hidden) },
  // What has no name yet is long and mixed: keys and hashes.
  secret(/(?<![\w+/=-])[0-9a-f]{32,}(?![\w+/=-])/gi),
  { kind: 'secret', pattern: /(?<![\w+/=~-])[\w+/=~-]{20,}(?![\w+/=~-])/g, group: 0, unless: (hidden) => !isMixed(hidden) },
]

/** Names people made have words in them; keys have digits, small and capital letters in disorder. */
function isMixed(text: string): boolean {
  if (!/\d/.test(text) || !/[a-z]/.test(text) || !/[A-Z]/.test(text)) return false
  let changes = 0
  const kindOf = (character: string): number => (/\d/.test(character) ? 0 : /[a-z]/.test(character) ? 1 : /[A-Z]/.test(character) ? 2 : 3)
  for (let at = 1; at < text.length; at += 1) if (kindOf(text.charAt(at)) !== kindOf(text.charAt(at - 1))) changes += 1
  return changes / text.length > 0.25
}

/** Anything that could be an IPv6 address; `net.isIPv6` decides. */
export const IPV6_CANDIDATE = /(?<![\w:.])[0-9a-f:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:%\w{1,15})?(?![\w:])/gi

/** Names with dots whose last part is that of a domain. */
export const DOMAIN_NAME = /(?<![\w.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,10}(?:com|net|org|edu|gov|mil|int|info|biz|io|dev|app|cloud|online|site|tech|local|localdomain|lan|internal|intern|intra|intranet|corp|home|private|test|example|invalid|arpa|onion|xyz|top|shop|store|zip|click|link|[a-z0-9-]{1,63}\.[a-z]{2})(?![\w-]|\.\w)/gi
