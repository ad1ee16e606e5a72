/**
 * The shape of an incident: what makes two of a company alike enough that one explanation serves both. Names, ids, numbers and times are left out, counts
 * stand in powers of two. It is only ever compared within one company and one version of the prompt.
 */
import { createHash } from 'node:crypto'
import type { Material } from './material.ts'
import { plainText } from './plain-text.ts'

/** A key of 64 hexadecimal digits. */
export function shapeOf(material: Material, promptVersion: string): string {
  const { incident, problems } = material
  const order = new Map<string, number>()
  const numberOf = (asset: string | null): number => {
    if (asset === null) return 0
    const known = order.get(asset) ?? order.size + 1
    order.set(asset, known)
    return known
  }
  const shape = {
    promptVersion, companyId: incident.companyId, severity: incident.severity, tools: [...incident.sources].sort(), alerts: bucket(incident.alertCount), problems: bucket(incident.problemCount), assets: bucket(incident.assetCount),
    findings: incident.findings.map(({ kind, confidence }) => [kind, Math.round(confidence * 4)]), category: incident.classification?.category ?? null,
    rootCause: incident.rootCause === null ? null : numberOf(incident.rootCause.asset),
    // The message belongs to it: two incidents of one check may say very different things.
    signs: problems.map((problem) => [numberOf(problem.asset), problem.source, problem.severity, problem.status, normal(problem.signature ?? ''), normal(problem.title), normal(problem.message)]),
    others: bucket(material.others.length), categories: material.categories, runbooks: material.runbooks.map(({ id }) => id), hidesHosts: material.redaction.hidesHosts,
  }
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex')
}

/** 0, 1, 2, 4, 8 …: the power of two at or below. */
function bucket(count: number): number {
  return count <= 0 ? 0 : 2 ** Math.floor(Math.log2(count))
}

/** Words only: what has digits in it is a name, an id, a figure or a time. */
function normal(text: string): string {
  return plainText(text, 400).toLowerCase().replace(/[^\s]*\d[^\s]*/g, '#').replace(/(?:# )+#/g, '#').replace(/\s+/g, ' ').trim()
}
