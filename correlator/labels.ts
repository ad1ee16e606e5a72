/** What labels say about where a problem sits: its service, its site, other assets it names, and pairs to compare. */
import { canonical, hashText } from './text.ts'

/** Labels that name the service, best first. */
const SERVICE_LABELS = ['service', 'service_name', 'app', 'application', 'deployment'] as const

/** Labels that name the place, narrowest useful one first. Two problems whose places differ contradict each other. */
const SITE_LABELS = ['site', 'site_name', 'location', 'cluster', 'datacenter', 'dc', 'system', 'environment', 'env', 'region'] as const

/** Those of them that name a building or a branch with a line of its own, which can fail as a whole; clusters, environments and regions hold too much. */
const LOCATION_LABELS = ['site', 'site_name', 'location', 'branch', 'office', 'datacenter', 'dc'] as const

/** Labels that name another asset. */
const ASSET_LABELS = new Set(['host', 'hostname', 'node', 'server', 'vm', 'device', 'instance', 'caller', 'callee', 'parent', 'upstream', 'downstream', 'depends_on', 'target'])

const PLACES = new Set<string>(SITE_LABELS)
/** A fully qualified host name: a last label of letters tells it from an address. */
const QUALIFIED = /^([a-z0-9][a-z0-9-]{0,62})(?:\.[a-z0-9][a-z0-9-]{0,62})*\.[a-z]{2,24}$/
const EVERYWHERE = new Set(['www', 'api', 'mail', 'smtp', 'ftp', 'app', 'web', 'vpn', 'ns1', 'ns2', 'mx', 'mx1', 'mx2', 'autodiscover', 'localhost'])
const LABELS_COMPARED = 12
const ASSETS_NAMED = 4
const NUMBER = /^[-+]?[\d.,:%e+-]+$/i

/** Labels made ready for comparing. */
export interface LabelFeatures {
  readonly service: string | null
  readonly site: string | null
  /** The building or branch. */
  readonly location: string | null
  /** Other assets that labels name, canonical; at most four. */
  readonly named: readonly string[]
  /** Label by label in ascending order of the first: hash of the name, its lowest bit telling a place, and hash of the value. */
  readonly hashes: readonly number[]
}

const NONE: LabelFeatures = { service: null, site: null, location: null, named: [], hashes: [] }
const NAMES_NOTHING: readonly string[] = []
/** Collects hashes; what is kept is a copy of the exact size, because an array that grows takes room for 16 more. */
const scratch: number[] = []
/** The bit of a name's hash that tells a place. */
const PLACE = 1

function firstOf(labels: Readonly<Record<string, string>>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = labels[name]
    if (value !== undefined && value !== '') return canonical(value)
  }
  return null
}

/**
 * Reads the labels of a problem. Not compared are labels whose value is a bare number, which are measurements, and those that repeat what is
 * compared by itself (the asset, the signature) or says nothing of a relation (the severity): they would only thin out the others.
 */
export function labelFeatures(labels: Readonly<Record<string, string>>, asset: string | null, signature: string | null): LabelFeatures {
  let size = 0
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
    if (size >= 2 * LABELS_COMPARED || NUMBER.test(value) || name === 'severity') continue
    const said = canonical(value)
    if (said === asset || said === signature) continue
    const hash = PLACES.has(name) ? hashText(name) | PLACE : hashText(name) & ~PLACE
    let at = size
    size += 2
    for (; at > 0 && (scratch[at - 2] ?? 0) > hash; at -= 2) {
      scratch[at] = scratch[at - 2] ?? 0
      scratch[at + 1] = scratch[at - 1] ?? 0
    }
    scratch[at] = hash
    scratch[at + 1] = hashText(value)
  }
  const short = asset === null ? null : shortNameOf(asset)
  if (short !== null && named.length < ASSETS_NAMED && !named.includes(short)) named.push(short)
  if (empty && short === null) return NONE
  return { service: firstOf(labels, SERVICE_LABELS), site: firstOf(labels, SITE_LABELS), location: firstOf(labels, LOCATION_LABELS), named: named.length === 0 ? NAMES_NOTHING : named, hashes: scratch.slice(0, size) }
}

/** `web-1` of `web-1.acme.example`; null for an address, a bare name, and a first label that thousands of domains have. */
export function shortNameOf(asset: string): string | null {
  const [, first = ''] = QUALIFIED.exec(asset) ?? []
  return first === '' || EVERYWHERE.has(first) ? null : first
}

/** True when two sets of labels are the same, in whatever order. */
export function areSameLabels(x: Readonly<Record<string, string>>, y: Readonly<Record<string, string>>): boolean {
  if (x === y) return true
  for (const name in x) if (x[name] !== y[name]) return false
  for (const name in y) if (x[name] === undefined) return false
  return true
}

/** How far the labels of two problems agree: -1 when they name different places, else the share of common labels with the same value; null without common labels. */
export function labelOverlap(x: LabelFeatures, y: LabelFeatures): number | null {
  const xs = x.hashes
  const ys = y.hashes
  let i = 0
  let j = 0
  let shared = 0
  let equal = 0
  while (i < xs.length && j < ys.length) {
    const a = xs[i] ?? 0
    const b = ys[j] ?? 0
    if (a < b) i += 2
    else if (b < a) j += 2
    else {
      shared += 1
      if (xs[i + 1] === ys[j + 1]) equal += 1
      else if ((a & PLACE) !== 0) return -1
      i += 2
      j += 2
    }
  }
  return shared === 0 ? null : equal / shared
}
