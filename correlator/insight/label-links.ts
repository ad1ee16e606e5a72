/** The dependency graph as far as labels tell it, beside the posted one: which assets a problem's labels tie its own asset to, and in which direction. */
import type { LinkKind } from '../graph.ts'
import { canonical } from '../text.ts'

/** One label that ties two assets. */
export interface LabelLink {
  /** Canonical name. */
  readonly other: string
  readonly kind: LinkKind
  /** The other one depends on the asset, instead of the asset on the other. */
  readonly isReverse: boolean
}

type Tie = Pick<LabelLink, 'kind' | 'isReverse'>

const tied = (tie: Tie, ...labels: readonly string[]): [string, Tie][] => labels.map((label) => [label, tie])

const TIES: ReadonlyMap<string, Tie> = new Map([
  ...tied({ kind: 'hosted', isReverse: false }, 'host', 'hostname', 'node', 'server', 'vm', 'device', 'cluster', 'hypervisor'),
  ...tied({ kind: 'instance', isReverse: false }, 'service', 'service_name', 'app', 'application', 'deployment'),
  ...tied({ kind: 'depends', isReverse: false }, 'parent', 'upstream', 'callee', 'target', 'depends_on'),
  ...tied({ kind: 'depends', isReverse: true }, 'caller', 'downstream'),
])

/** Names one label lists at most, separated by commas. */
const NAMES_MAX = 8

/** Links that the labels of a problem tell of its asset. */
export function labelLinksOf(labels: Readonly<Record<string, string>>, asset: string): LabelLink[] {
  const links: LabelLink[] = []
  for (const label in labels) {
    const tie = TIES.get(label)
    if (tie === undefined) continue
    for (const name of (labels[label] ?? '').split(',', NAMES_MAX)) {
      const other = canonical(name.replace(/:\d+$/, ''))
      if (other !== null && other !== asset) links.push({ other, ...tie })
    }
  }
  return links
}

/** True when the problem was seen from another asset: a call told by its caller says less of its callee than the callee itself. */
export function isSecondHand(labels: Readonly<Record<string, string>>): boolean {
  return labels.caller !== undefined && labels.caller !== ''
}
