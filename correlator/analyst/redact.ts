/**
 * Redaction: what is asked of a model elsewhere carries neither secrets nor addresses nor names. Each thing hidden gets a placeholder that is the same
 * wherever it stands in one request (`host-1`, `ip-2`), so that the model still sees what belongs together; in the answer placeholders are put
 * back for people to read, except those of secrets.
 */
import { isIPv6 } from 'node:net'
import { plainText } from './plain-text.ts'
import { DOMAIN_NAME, HIDING_PATTERNS, IPV6_CANDIDATE, SECRET_FIELD, USER_FIELD, type HiddenKind } from './redact-patterns.ts'

const KINDS = 'secret|email|ip|mac|phone|user|account|host'
/** A placeholder as it stands in text. */
const PLACEHOLDER = new RegExp(String.raw`\b(?:${KINDS})-\d{1,6}\b`, 'gi')
/** What is found once is hidden everywhere, if it is long enough not to stand in other words. */
const REMEMBERED_CHARS = 4
const TEXT_CHARS = 4_000

/** What is decided for a company. */
export interface RedactionSettings {
  /** True, the default: names of machines become placeholders too. */
  readonly hidesHosts: boolean
}

/** One request's placeholders. */
export class Redactor {
  readonly #settings: RedactionSettings
  readonly #placeholders = new Map<string, string>()
  readonly #originals = new Map<string, { readonly original: string; readonly kind: HiddenKind; readonly isKnown: boolean }>()
  readonly #counts = new Map<HiddenKind, number>()
  /** Names of machines in lower case, longest first, to what they are shown as. */
  #hosts: readonly { readonly name: string; readonly placeholder: string }[] = []

  constructor(settings: RedactionSettings = { hidesHosts: true }) {
    this.#settings = settings
  }

  /** Things hidden so far, secrets included. */
  get hiddenCount(): number {
    return this.#originals.size
  }

  /** Names of the company's machines, each with its other names: hidden wherever they stand, and put back as they are. */
  knowHosts(names: readonly string[]): void {
    if (!this.#settings.hidesHosts) return
    const hosts = new Map(this.#hosts.map(({ name, placeholder }) => [name, placeholder]))
    for (const given of names) {
      const name = plainText(given, 256).trim()
      if (name.length < 2 || hosts.has(name.toLowerCase())) continue
      const placeholder = this.#placeholderOf('host', name, true)
      hosts.set(name.toLowerCase(), placeholder)
      const [short = ''] = name.split('.')
      // The short name of the same machine, unless it is a word that stands everywhere.
      if (short !== name && short.length >= 3 && /[\d-]/.test(short) && !hosts.has(short.toLowerCase())) hosts.set(short.toLowerCase(), placeholder)
    }
    this.#hosts = [...hosts].map(([name, placeholder]) => ({ name, placeholder })).sort((a, b) => b.name.length - a.name.length)
  }

  /** The text with everything hidden that must not leave, at most `maxChars` long. */
  text(given: string, maxChars = TEXT_CHARS): string {
    let text = plainText(given, maxChars)
    // What already looks like a placeholder is somebody's real name, and must not be taken for one of ours.
    text = text.replace(PLACEHOLDER, (found) => this.#placeholderOf('host', found, false))
    for (const { kind, pattern, group, unless } of HIDING_PATTERNS) {
      text = text.replace(pattern, (...match: unknown[]) => {
        // The last two are the place and the text itself.
        const parts = match.slice(0, -2).map((part) => (typeof part === 'string' ? part : ''))
        const [whole = ''] = parts
        const hidden = group === -1 ? parts.slice(1).findLast((part) => part !== '') ?? '' : parts[group] ?? ''
        if (hidden === '' || isPlaceholders(hidden) || unless?.(hidden) === true) return whole
        const at = whole.lastIndexOf(hidden)
        return `${whole.slice(0, at)}${this.#placeholderOf(kind, this.#opened(hidden), false)}${whole.slice(at + hidden.length)}`
      })
    }
    text = text.replace(IPV6_CANDIDATE, (found) => (isIPv6(found.replace(/%.*/, '')) && /[0-9a-f]/i.test(found) ? this.#placeholderOf('ip', found, false) : found))
    return this.#hideHosts(text)
  }

  /** Labels by name: the name may say that the value is a secret, or somebody. */
  labels(given: Readonly<Record<string, string>>, maxChars = 200): Record<string, string> {
    return Object.fromEntries(Object.entries(given).map(([name, value]) => {
      const shown = this.text(name, 100)
      if (value === '') return [shown, '']
      if (SECRET_FIELD.test(name)) return [shown, this.#placeholderOf('secret', value, false)]
      if (USER_FIELD.test(name) && !/^[\d.,%]*$/.test(value)) return [shown, this.#placeholderOf('user', plainText(value, 300), false)]
      return [shown, this.text(value, maxChars)]
    }))
  }

  /** Hides what became known in one place wherever else it stands; call it over the whole request once all of it has been through `text`. */
  sweep(text: string): string {
    let swept = text
    const known = [...this.#originals].filter(([, { original }]) => original.length >= REMEMBERED_CHARS).sort(([, a], [, b]) => b.original.length - a.original.length)
    for (const [placeholder, { original, kind, isKnown }] of known) {
      if (kind === 'host' && !isKnown) continue
      for (const form of new Set([original, JSON.stringify(original).slice(1, -1)])) {
        if (kind === 'secret') swept = swept.replaceAll(form, placeholder)
        else if (/[\w]/.test(form)) swept = swept.replace(wordOf(form), placeholder)
      }
    }
    return swept
  }

  /** An answer's text for people: placeholders are put back, secrets stay hidden, and names only strangers wrote are shown so that nobody can click them. */
  restore(text: string): string {
    return text.replace(PLACEHOLDER, (found) => {
      const hidden = this.#originals.get(found.toLowerCase())
      if (hidden === undefined || hidden.kind === 'secret') return found
      const shown = harmless(hidden.original)
      return hidden.kind === 'host' && !hidden.isKnown ? shown.replaceAll('.', '[.]') : shown
    })
  }

  /** What one placeholder stands for, exactly; null where it is none of ours, or a secret. */
  originalOf(placeholder: string): string | null {
    const hidden = this.#originals.get(placeholder.trim().toLowerCase())
    return hidden === undefined || hidden.kind === 'secret' ? null : hidden.original
  }

  #hideHosts(given: string): string {
    if (!this.#settings.hidesHosts) return given
    let text = given
    const lower = (): string => text.toLowerCase()
    for (const { name, placeholder } of this.#hosts) if (lower().includes(name)) text = text.replace(wordOf(name), placeholder)
    return text.replace(DOMAIN_NAME, (found) => (isPlaceholders(found) ? found : this.#placeholderOf('host', found, false)))
  }

  /** A text that holds placeholders already, with what they stand for. */
  #opened(hidden: string): string {
    return hidden.replace(PLACEHOLDER, (found) => this.#originals.get(found.toLowerCase())?.original ?? found)
  }

  #placeholderOf(kind: HiddenKind, original: string, isKnown: boolean): string {
    const key = `${kind}\n${kind === 'host' || kind === 'email' || kind === 'mac' ? original.toLowerCase() : original}`
    const known = this.#placeholders.get(key)
    if (known !== undefined) return known
    const number = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, number)
    const placeholder = `${kind}-${number}`
    this.#placeholders.set(key, placeholder)
    this.#originals.set(placeholder, { original, kind, isKnown })
    return placeholder
  }
}

/** The name as a word of its own, whatever its case; `web-1` does not stand in `web-10` or `my-web-1`. */
function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}_-])${name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}(?![\\p{L}\\p{N}_]|-[\\p{L}\\p{N}])`, 'giu')
}

const isPlaceholders = (text: string): boolean => new RegExp(String.raw`^(?:[\s,;:.]*\b(?:${KINDS})-\d{1,6}\b[\s,;:.]*)+$`, 'i').test(text)

/** An original without what could act where it is shown. */
function harmless(original: string): string {
  return plainText(original, 300).replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[<>[\]()`!|*\n\r\t]/g, ' ').replace(/ {2,}/g, ' ').trim()
}
