/** Findings that an event makes, kept in the incident's entry until another event changes them. */
import type { Finding } from '../../schemas/records.ts'
import type { CompanyNode } from '../company-node.ts'
import type { IncidentNode } from '../incident-node.ts'

/** Kinds that events make. */
export type StoredKind = 'storm' | 'periodic' | 'recurrence' | 'missing' | 'flapping'

/** A finding as its maker says it, without its kind. */
export type Found = Omit<Finding, 'kind'>

/** The incident's finding of a kind; null where it has none. */
export function storedFinding(incident: IncidentNode, kind: StoredKind): Finding | null {
  for (const finding of incident.state.findings) if (finding.kind === kind) return finding
  return null
}

/** Puts a finding in place of that of its kind; null takes it away. Findings are never changed in place: what was told of them has been told. */
export function storeFinding(incident: IncidentNode, kind: StoredKind, found: Found | null): void {
  const others = incident.state.findings.filter((finding) => finding.kind !== kind)
  if (found !== null) others.push({ kind, ...found })
  incident.state.findings = others.sort(tellingFirst)
}

/** Findings of an incident that merges into another go there, unless that one has one of the kind; a cascade is judged anew. */
export function mergeFindings(to: IncidentNode, from: IncidentNode): void {
  const missing = from.state.findings.filter(({ kind }) => kind !== 'cascade' && to.state.findings.every((finding) => finding.kind !== kind))
  if (missing.length > 0) to.state.findings = [...to.state.findings, ...missing].sort(tellingFirst)
}

/** Most confident first, then by kind. */
export function tellingFirst(a: Finding, b: Finding): number {
  return b.confidence - a.confidence || (a.kind < b.kind ? -1 : 1)
}

/** True for a finding that events made and the company has not switched off. */
export function isShown(company: CompanyNode, { kind }: Finding): boolean {
  return kind !== 'cascade' && isOn(company, kind as StoredKind)
}

/** True unless the company's rule book switches the kind off. Flapping is a fact of its tool and has no switch. */
export function isOn(company: CompanyNode, kind: StoredKind): boolean {
  return kind === 'flapping' || company.rules.switches[kind] !== false
}
