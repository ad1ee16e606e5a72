/** Trying mappings out, with nothing running: what the API and the command line offer to whoever writes one. */
import type { PrintedAlert } from '../../schemas/alert.ts'
import type { MappingFault, MappingSample, MappingSuggestion, MappingTrial } from '../../schemas/mapping.ts'
import { toAppError } from '../../schemas/errors.ts'
import { parseBody } from '../sources/parse.ts'
import { guessedType, toPrinted } from '../sources/print.ts'
import { applyMapping, compileMapping, type Mapped } from './mapping.ts'
import { suggestMapping } from './suggest.ts'

/** All of it, in the shape of the API's port. */
export const workbench = { check: checkMapping, try: tryMapping, suggest: suggestFor } as const

/** Everything wrong with a mapping; empty when nothing is. */
export function checkMapping(document: unknown): readonly MappingFault[] {
  const compiled = compileMapping(document)
  return 'faults' in compiled ? compiled.faults : []
}

/** What a mapping makes of a sample, as the pipeline would. */
export function tryMapping(document: unknown, sample: MappingSample): MappingTrial {
  const compiled = compileMapping(document)
  if ('faults' in compiled) return { alerts: [], faults: compiled.faults, steps: 0, stepLimit: 0 }
  const read = payloadOf(sample)
  return 'fault' in read ? { alerts: [], faults: [read.fault], steps: 0, stepLimit: 0 } : trialOf(applyMapping(compiled.mapping, read.payload, sample.source))
}

/** A mapping for a sample, and what it makes of it. */
export function suggestFor(sample: MappingSample): MappingSuggestion {
  const read = payloadOf(sample)
  if ('fault' in read) return { mapping: {}, fields: [], alerts: [], faults: [read.fault], steps: 0, stepLimit: 0 }
  const { mapping, fields } = suggestMapping(read.payload)
  const compiled = compileMapping(mapping)
  if ('faults' in compiled) return { mapping, fields, alerts: [], faults: compiled.faults, steps: 0, stepLimit: 0 }
  return { mapping, fields, ...trialOf(applyMapping(compiled.mapping, read.payload, sample.source)) }
}

function trialOf({ alerts, faults, steps, stepLimit }: Mapped): MappingTrial {
  const printed: PrintedAlert[] = []
  const all: MappingFault[] = [...faults]
  for (const one of alerts) {
    if (!('rejected' in one)) printed.push(toPrinted(one))
    // A fault of an expression is among the faults already, with its field.
    else if (one.rejected.code !== 'mapping_failed') all.push({ field: '', message: one.rejected.message, position: null, path: one.rejected.path })
  }
  return { alerts: printed, faults: all, steps, stepLimit }
}

function payloadOf({ payload, contentType }: MappingSample): { readonly payload: unknown } | { readonly fault: MappingFault } {
  const body = Buffer.from(payload)
  try {
    return { payload: parseBody(body, contentType ?? guessedType(body)) }
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code !== 'payload_invalid') throw error
    return { fault: { field: 'payload', message: error.message, position: null, path: '' } }
  }
}
