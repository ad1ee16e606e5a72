/** `aw sources`: the tools we have an adapter for, and the guide of each; nothing needs to run. */
import { createCommand } from '../processors/sources/guide-page.ts'
import { ADAPTERS, adapterFor } from '../processors/sources/registry.ts'
import type { SourceFamily, SourceProof } from '../processors/sources/source.ts'
import { table } from './output.ts'

/** A tool in the list. */
export interface SourceLine {
  readonly family: SourceFamily
  readonly id: string
  readonly name: string
  readonly proof: SourceProof
}

/** The guide of one source, its placeholders filled in as far as they are known. */
export interface ShownGuide {
  readonly source: string
  /** False: no adapter has this id, and the guide is the one of unknown tools. */
  readonly hasAdapter: boolean
  readonly name: string
  readonly family: SourceFamily
  readonly proof: SourceProof
  readonly setup: readonly string[]
  readonly template: string | null
  readonly authentication: string
  readonly references: readonly string[]
}

const PROOFS: Readonly<Record<SourceProof, string>> = { none: 'cannot sign: --unsigned', optional: 'can sign', 'vendor-secret': 'by a secret of its own' }

/** Every tool by family and name. */
export function sourceList(): readonly SourceLine[] {
  return ADAPTERS.map(({ id, guide: { family, name, proof } }) => ({ family, id, name, proof })).sort((a, b) => a.family.localeCompare(b.family) || a.name.localeCompare(b.name))
}

/** The list as a person reads it. */
export function sourceListText(lines: readonly SourceLine[]): string {
  const rows = lines.map(({ family, id, name, proof }, index) => [lines[index - 1]?.family === family ? '' : family, id, name, PROOFS[proof]])
  return [table(['family', 'source', 'tool', 'proves itself'], rows), '', `${lines.length} tools. Any other is read by a recogniser, or by a mapping of yours. \`aw sources <source>\` says how to set one up.`].join('\n')
}

/** The guide of a source id; for an id without an adapter the one of unknown tools. With address and key both stand where the guide names them. */
export function guideOf(source: string, given?: { readonly url: string; readonly key: string }): ShownGuide {
  const { guide: { name, family, proof, setup, template, authentication, references } } = adapterFor(source)
  const fill = (text: string): string => (given === undefined ? text : filled(text, given))
  return {
    source, hasAdapter: ADAPTERS.some(({ id }) => id === source), name, family, proof, setup: setup.map(fill), template: template === null ? null : fill(template), authentication: fill(authentication), references,
  }
}

/** The guide as a person reads it, with the command that makes its integration. */
export function guideText(guide: ShownGuide): string {
  return [`${guide.name} (source ${guide.source}, family ${guide.family})`, ...unknownLine(guide), '', createCommand(guide.source, guide.proof), '', setupText(guide), '', ...guide.references.map((reference) => `See ${reference}`)].join('\n')
}

/** Steps, what to paste, and how the tool proves itself. */
export function setupText({ name, setup, template, authentication, hasAdapter, source }: ShownGuide): string {
  return [
    `Set up ${hasAdapter ? name : source}:`, ...setup.map((step, index) => `${String(index + 1).padStart(3)}. ${step}`),
    ...(template === null ? [] : ['', 'What to paste:', '', template]),
    '', `How it proves itself: ${authentication}`,
  ].join('\n')
}

/** Says that no adapter has the id; a word mistyped would be taken for a tool of that name. */
export function unknownLine({ hasAdapter, source }: ShownGuide): readonly string[] {
  return hasAdapter ? [] : [`No adapter has the id ${source}: the recogniser of unknown tools reads it, or a mapping. \`aw sources\` lists the tools that have one.`]
}

function filled(text: string, { url, key }: { readonly url: string; readonly key: string }): string {
  const base = url.replace(/\/api\/webhooks\/[^/]*$/, '')
  return text
    // Where user and password stand before the address, its scheme comes before them.
    .replace(/https?:\/\/([^\s/@]*)@\{url\}/g, (_, user: string) => url.replace('://', () => `://${user}@`))
    .replaceAll('{url}', () => url).replaceAll('{base}', () => base).replaceAll('{key}', () => key)
}
