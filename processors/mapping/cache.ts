/** Mappings as they lie in settings, parsed once: the text is the key, so an answer never depends on what was parsed before. */
import { AppError } from '../../schemas/errors.ts'
import { compileMapping, type Mapping } from './mapping.ts'

/** Parsed mappings kept; the one parsed longest ago goes first. */
const KEPT = 256

const parsed = new Map<string, Mapping>()

/** The mapping in a text. Throws `mapping_failed` where it is none: it was checked before it was stored, by this release or another. */
export function mappingOf(text: string): Mapping {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const compiled = compileMapping(jsonOf(text))
  if ('faults' in compiled) {
    const [fault] = compiled.faults
    throw new AppError('mapping_failed', `the mapping itself cannot be read: ${fault === undefined ? '' : `${fault.field}: ${fault.message}`}`)
  }
  const [oldest] = parsed.keys()
  if (parsed.size >= KEPT && oldest !== undefined) parsed.delete(oldest)
  parsed.set(text, compiled.mapping)
  return compiled.mapping
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (cause) {
    throw new AppError('mapping_failed', 'the mapping itself is not JSON', { cause })
  }
}
