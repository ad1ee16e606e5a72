import { choose, type Choice } from './choose.ts'
import type { Entry } from './entries.ts'
import { ASSET_NAMES } from './names.ts'
import { nameOfAsset } from './values.ts'

/** Fields that only machines have: an object with one of them and a name is a machine, whatever it is called. */
const MACHINE_FIELDS = new Set(['ip', 'ipaddress', 'ipaddresses', 'ips', 'address', 'addresses', 'mac', 'macaddress', 'fqdn', 'os', 'ostype', 'osname'])
const NAME_FIELDS = new Set(['name', 'label'])
const ADDRESS = /^(?:[\da-f]{2}(?:[:-][\da-f]{2}){5}|\d{1,3}(?:\.\d{1,3}){3})$/i
/** Addresses that may as well lead into the tool. */
const LINKS = new Set(['url', 'monitorurl', 'checkurl', 'siteurl', 'fullurl'])
/** Their own address is a page about them. */
const PROBLEMS = new Set(['alert', 'alarm', 'incident', 'problem', 'issue', 'error', 'fault', 'finding', 'event', 'rule'])
const PICTURE = /\.(?:png|ico|svg|jpe?g|gif)$/i
const FIRST_WEAK_TIER = 1

/** The machine, device or other resource that is ill. */
export function chooseAsset(entries: readonly Entry[], id: Choice<string> | null, signature: Choice<string> | null): Choice<string> | null {
  const hosts = new Map<string, Set<string>>()
  for (const { text } of entries) {
    const host = PICTURE.test(text) ? null : hostOf(text)
    if (host !== null) hosts.set(host, (hosts.get(host) ?? new Set()).add(text))
  }
  const isLink = (text: string): boolean => {
    const host = hostOf(text)
    return host !== null && ((hosts.get(host)?.size ?? 0) > 1 || (id !== null && id.value.length > 2 && text.includes(id.value)))
  }
  const found = choose(entries, ASSET_NAMES, (text, entry) => {
    const name = entry.words.join('')
    if (entry === signature?.entry || (LINKS.has(name) && (isLink(text) || PROBLEMS.has(entry.parent.at(-1) ?? '')))) return null
    if (/^-?\d+$/.test(text) && !name.endsWith('id')) return null
    return nameOfAsset(text)
  })
  if (found !== null && found.tier < FIRST_WEAK_TIER) return found
  const machine = entries.find((entry) => NAME_FIELDS.has(entry.words.at(-1) ?? '') && !entry.isForeign && entry !== signature?.entry && isOfMachine(entry, entries))
  const name = machine === undefined ? null : nameOfAsset(machine.text)
  return machine === undefined || name === null ? found : { value: name, entry: machine, tier: 0 }
}

/** True where the same object has an address of a machine, or has one under the same first words: `sw_name` beside `sw_mac`, or `sw` that is one. */
function isOfMachine(entry: Entry, entries: readonly Entry[]): boolean {
  const around = entry.steps.slice(0, -1)
  const first = entry.words.slice(0, -1).filter((word) => word !== 'display')
  if (first.length === 0 && entry.isOwn) return false
  return entries.some(({ steps, words, text }) => {
    if (steps.length < entry.steps.length || !around.every((step, index) => step === steps[index])) return false
    const isSame = first.every((word, index) => word === words[index])
    return isSame && (MACHINE_FIELDS.has(words.slice(first.length).join('')) || (first.length > 0 && words.length === first.length && ADDRESS.test(text)))
  })
}

function hostOf(text: string): string | null {
  return /^https?:\/\/([^/\s?#]{1,253})/i.exec(text.slice(0, 300))?.[1]?.toLowerCase() ?? null
}
