/** Secrets from standard input, one a line: asked for without an echo where a person types, read as they come from a pipe. */
import type { Readable } from 'node:stream'
import { AppError } from '../schemas/errors.ts'
import { readAll } from './input.ts'

interface Terminal extends Readable {
  readonly isTTY?: boolean
  setRawMode?(isRaw: boolean): void
}

const END = ['\r', '\n', '\u0004']

/** One secret for each name. Throws `usage` where there are fewer lines, or one is empty. */
export async function secretLines(names: readonly string[], input: Terminal): Promise<readonly string[]> {
  const lines: string[] = []
  if (input.isTTY === true) for (const name of names) lines.push(await typed(name, input))
  else lines.push(...(await readAll(input)).toString('utf8').replace(/\r?\n$/, '').split(/\r?\n/))
  const missing = names.filter((_, index) => (lines[index] ?? '') === '')
  if (missing.length > 0 || lines.length > names.length) throw new AppError('usage', missing.length > 0 ? `standard input has no line for ${missing.map((name) => `--secret ${name}`).join(', ')}` : 'standard input has more lines than there are --secret without a file')
  return lines
}

/** What a person types, unseen. */
async function typed(name: string, input: Terminal): Promise<string> {
  process.stderr.write(`${name} (not shown): `)
  input.setRawMode?.(true)
  input.resume()
  try {
    return await new Promise<string>((resolve, reject) => {
      let text = ''
      const take = (chunk: Buffer): void => {
        for (const character of chunk.toString('utf8')) {
          if (character === '\u0003') {
            input.off('data', take)
            return reject(new AppError('usage', 'interrupted'))
          }
          if (END.includes(character)) {
            input.off('data', take)
            return resolve(text)
          }
          text = character === '\u007f' ? text.slice(0, -1) : text + character
        }
      }
      input.on('data', take)
    })
  } finally {
    input.setRawMode?.(false)
    input.pause()
    process.stderr.write('\n')
  }
}
