/** What labels say about where a problem sits: its service, its site, other assets it names, and pairs to compare. */
import { canonical, hashText } from './text.ts'

/** Labels that name the service, best first. */
const SERVICE_LABELS = ['service', 'service_name', 'app', 'application', 'deployment'] as const

/** Labels that name the place, narrowest useful one first. Two problems whose places differ contradict each other. */
const SITE_LABELS = ['site', 'site_name', 'location', 'cluster', 'datacenter', 'dc', 'system', 'environment', 'env', 'region'] as const

/** Labels that name another asset. */
const ASSET_LABELS = new Set(['host', 'hostname', 'node', 'server', 'vm', 'device', 'instance', 'caller', 'callee', 'parent', 'upstream', 'downstream', 'depends_on', 'target'])

const PLACES = new Set<string>(SITE_LABELS)
const LABELS_COMPARED = 12
const ASSETS_NAMED = 4
const NUMBER = /^[-+]?[\d.,:%e+-]+$/i

/** Labels made ready for comparing. */
export interface LabelFeatures {
  readonly service: string | null
  readonly site: string | null
  /** Other assets that labels name, canonical; at most four. */
  readonly named: readonly string[]
  /** Hashes of label names, ascending; each beside the hash of its value and whether it names a place. */
  readonly names: readonly number[]
  readonly values: readonly number[]
  readonly places: readonly boolean[]
}

const NONE: LabelFeatures = { service: null, site: null, named: [], names: [], values: [], places: [] }

function firstOf(labels: Readonly<Record<string, string>>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = labels[name]
    if (value !== undefined && value !== '') return canonical(value)
  }
  return null
}

/** Reads the labels of a problem on `asset`. Labels whose value is a bare number are measurements and are not compared. */
export function labelFeatures(labels: Readonly<Record<string, string>>, asset: string | null): LabelFeatures {
  const names: number[] = []
  const values: number[] = []
  const places: boolean[] = []
  const named: string[] = []
  let empty = true
  for (const name in labels) {
    empty = false
    const value = labels[name]
    if (value === undefined || value === '') continue
    if (named.length < ASSETS_NAMED && ASSET_LABELS.has(name)) {
      const other = canonical(value.replace(/:\d+$/, ''))
      if (other !== null && other !== asset && !named.includes(other)) named.push(other)
    }
    if (names.length >= LABELS_COMPARED || NUMBER.test(value)) continue
    const hash = hashText(name)
    let at = names.length
    while (at > 0 && (names[at - 1] ?? 0) > hash) at -= 1
    names.splice(at, 0, hash)
    values.splice(at, 0, hashText(value))
    places.splice(at, 0, PLACES.has(name))
  }
  if (empty) return NONE
  return { service: firstOf(labels, SERVICE_LABELS), site: firstOf(labels, SITE_LABELS), named, names, values, places }
}

/** How far the labels of two problems agree: -1 when they name different places, else the share of common labels with the same value; null without common labels. */
export function labelOverlap(x: LabelFeatures, y: LabelFeatures): number | null {
  let i = 0
  let j = 0
  let shared = 0
  let equal = 0
  while (i < x.names.length && j < y.names.length) {
    const a = x.names[i] ?? 0
    const b = y.names[j] ?? 0
    if (a < b) i += 1
    else if (b < a) j += 1
    else {
      shared += 1
      if (x.values[i] === y.values[j]) equal += 1
      else if (x.places[i] === true) return -1
      i += 1
      j += 1
    }
  }
  return shared === 0 ? null : equal / shared
}
