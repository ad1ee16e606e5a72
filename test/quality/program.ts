/** Running other programs and reading the files they leave. */
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { AppError } from '../../schemas/errors.ts'

/** Runs a program to its end and answers what it printed. Throws `bad_request` with its last words where it fails, or how to get it where it is absent. */
export async function run(command: string, args: readonly string[], absent: string): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => reject(new AppError('bad_request', cause.code === 'ENOENT' ? absent : `${command}: ${cause.message}`, { cause })))
    child.once('close', resolve)
  })
  if (code !== 0) throw new AppError('bad_request', `${command} ${args.slice(0, 4).join(' ')} … ended with ${code}: ${Buffer.concat(err).toString('utf8').trim().slice(-500)}`)
  return Buffer.concat(out).toString('utf8')
}

/** The lines of a `.jsonl` or `.jsonl.gz` file. */
export async function* rowsIn<T>(path: string): AsyncGenerator<T> {
  const file = createReadStream(path)
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => text.destroy(error))
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) if (line.trim() !== '') yield JSON.parse(line) as T
}
