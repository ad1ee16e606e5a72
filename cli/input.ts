/** What commands are given beside words: files, standard input, secrets and spans of time. */
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { AppError } from '../schemas/errors.ts'

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** All bytes of a stream, standard input most of all. */
export async function readAll(input: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

/** The JSON in the file of an option. Throws `usage`. */
export function jsonIn(file: string, option: string): unknown {
  const text = textIn(file, option)
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new AppError('usage', `${option}: ${file} is not JSON`, { cause })
  }
}

/** A secret from a file, or from standard input for `-`, so that it stands neither in a history nor in a list of processes; without the line break at its end. Throws `usage`. */
export async function secretIn(file: string, option: string, input: Readable): Promise<string> {
  const text = file === '-' ? (await readAll(input)).toString('utf8') : textIn(file, option)
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new AppError('usage', `${option}: ${file === '-' ? 'standard input' : file} is empty`)
  return secret
}

/** A span of time as people write it, in seconds: `90s`, `5m`, `1h30m`, `7d`, `0`. Throws `usage` outside of the limits. */
export function seconds(text: string, option: string, limits: { readonly least: number; readonly most: number }): number {
  const isSpan = text === '0' || /^(\d{1,9}[smhd])+$/.test(text)
  const sum = [...text.matchAll(/(\d+)([smhd])/g)].reduce((total, [, count, unit]) => total + Number(count) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0)
  if (!isSpan || sum < limits.least || sum > limits.most) throw new AppError('usage', `${option}: a time from ${span(limits.least)} to ${span(limits.most)} such as 90s, 5m or 1h30m, not "${text}"`)
  return sum
}

/** Seconds as people write them: 5400 is `1h30m`. */
export function span(total: number): string {
  let rest = total
  const parts = Object.entries(UNIT_SECONDS).sort(([, a], [, b]) => b - a).map(([unit, length]) => {
    const count = Math.floor(rest / length)
    rest -= count * length
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0'
}

function textIn(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('usage', `${option}: reading ${file}: ${(cause as NodeJS.ErrnoException).code ?? 'error'}`, { cause })
  }
}
