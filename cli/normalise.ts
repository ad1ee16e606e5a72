/** `aw normalise`: a payload to normalised alerts, with nothing running. */
import type { Readable } from 'node:stream'
import { tryMapping } from '../processors/mapping/workbench.ts'
import { normaliseForPrint } from '../processors/sources/print.ts'
import { AppError } from '../schemas/errors.ts'
import type { MappingSample } from '../schemas/mapping.ts'
import { jsonIn, readAll } from './input.ts'

/** Reads the whole payload and answers the alerts as JSON, indented unless a program reads it, and what could not be read. With the file of a mapping that reads the payload. */
export async function normaliseInput(source: string, input: Readable, contentType: string | undefined, isCompact: boolean, mapping?: string): Promise<{ alerts: string; rejected: readonly string[] }> {
  const payload = await readAll(input)
  if (mapping !== undefined) return mappedInput(mapping, { payload: payload.toString(), contentType: contentType ?? null, source }, isCompact)
  const { alerts, rejected } = normaliseForPrint(source, payload, contentType)
  return { alerts: JSON.stringify(alerts, null, isCompact ? 0 : 2), rejected: rejected.map(({ path, message }) => `${path === '' ? 'payload' : path}: ${message}`) }
}

function mappedInput(file: string, sample: MappingSample, isCompact: boolean): { alerts: string; rejected: readonly string[] } {
  const { alerts, faults } = tryMapping(jsonIn(file, '--mapping'), sample)
  const broken = faults.filter(({ path }) => path === null)
  if (broken.length > 0) throw new AppError('usage', broken.map(({ field, message, position }) => `the mapping's ${field === '' ? 'document' : field}${position === null ? '' : ` at ${position}`}: ${message}`).join('; '))
  const body = faults.find(({ field }) => field === 'payload')
  if (body !== undefined) throw new AppError('payload_invalid', body.message)
  return { alerts: JSON.stringify(alerts, null, isCompact ? 0 : 2), rejected: faults.map(({ path, field, message }) => `${path === null || path === '' ? 'payload' : path}: ${field === '' ? '' : `${field}: `}${message}`) }
}
