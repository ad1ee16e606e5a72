/** `aw normalise`: a payload to normalised alerts, with nothing running. */
import type { Readable } from 'node:stream'
import { normaliseForPrint } from '../processors/sources/print.ts'

/** Reads the whole payload and answers the alerts as JSON, indented unless a program reads it, and what could not be read. */
export async function normaliseInput(source: string, input: Readable, contentType: string | undefined, isCompact: boolean): Promise<{ alerts: string; rejected: readonly string[] }> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array))
  const { alerts, rejected } = normaliseForPrint(source, Buffer.concat(chunks), contentType)
  return { alerts: JSON.stringify(alerts, null, isCompact ? 0 : 2), rejected: rejected.map(({ path, message }) => `${path === '' ? 'payload' : path}: ${message}`) }
}
