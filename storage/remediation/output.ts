/** What is kept of a command's output: 256 KB of each stream, the beginning and, more of it, the end, with a word on what was left out in between. */

/** Bytes kept of each stream. */
export const OUTPUT_BYTES = 262_144
/** Of these, from the beginning. */
const HEAD_BYTES = 65_536

/** Both streams as they are stored. */
export interface BoundedOutput {
  readonly stdout: string
  readonly stderr: string
  readonly isTruncated: boolean
}

/** Cuts both streams; NUL, which the database does not take, becomes the sign for an unreadable character. */
export function boundedOutput(stdout: string, stderr: string, wasTruncated: boolean): BoundedOutput {
  const [out, err] = [cut(stdout), cut(stderr)]
  return { stdout: out.text, stderr: err.text, isTruncated: wasTruncated || out.isCut || err.isCut }
}

function cut(stream: string): { readonly text: string; readonly isCut: boolean } {
  const text = stream.replaceAll('\0', '\uFFFD').toWellFormed()
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= OUTPUT_BYTES) return { text, isCut: false }
  const note = (left: number): string => `\n… ${left} bytes left out here …\n`
  const tailBytes = OUTPUT_BYTES - HEAD_BYTES - Buffer.byteLength(note(bytes.length))
  const tailFrom = startOfCharacter(bytes, bytes.length - tailBytes)
  const headTo = startOfCharacter(bytes, HEAD_BYTES - 3)
  return { text: bytes.subarray(0, headTo).toString('utf8') + note(tailFrom - headTo) + bytes.subarray(tailFrom).toString('utf8'), isCut: true }
}

/** The index itself or the next at which a character begins, so that none is cut in half. */
function startOfCharacter(bytes: Buffer, index: number): number {
  let at = index
  while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1
  return at
}
