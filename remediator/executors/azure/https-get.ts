import { request } from 'node:https'

/** What an address answered. */
export interface Answer {
  readonly status: number
  readonly text: string
  /** Whether the beginning was left out. */
  readonly isCut: boolean
}

/** Bytes read before it is given up, whatever is kept. */
const READ_MAX = 33_554_432

/** Reads an address over TLS and keeps the last `maxBytes`; null where there is no whole answer. No redirect is followed, and the address, which may hold a signature, is in no error. */
export function httpsGet(address: string, headers: Readonly<Record<string, string>>, options: { readonly ca: string | undefined; readonly maxBytes: number; readonly signal: AbortSignal }): Promise<Answer | null> {
  return new Promise((resolve) => {
    const asked = request(address, { headers, signal: options.signal, ...(options.ca === undefined ? {} : { ca: options.ca }) }, (answer) => {
      let kept: Buffer[] = []
      let keptBytes = 0
      let readBytes = 0
      answer.on('data', (piece: Buffer) => {
        readBytes += piece.length
        if (readBytes > READ_MAX) return void asked.destroy()
        kept.push(piece)
        keptBytes += piece.length
        if (keptBytes > 2 * options.maxBytes) {
          kept = [Buffer.concat(kept).subarray(-options.maxBytes)]
          keptBytes = options.maxBytes
        }
      })
      answer.on('end', () => resolve(answer.complete ? { status: answer.statusCode ?? 0, text: Buffer.concat(kept).subarray(-options.maxBytes).toString('utf8'), isCut: readBytes > options.maxBytes } : null))
      answer.on('error', () => resolve(null))
      answer.on('close', () => resolve(null))
    })
    asked.on('error', () => resolve(null))
    asked.on('close', () => resolve(null))
    asked.end()
  })
}
