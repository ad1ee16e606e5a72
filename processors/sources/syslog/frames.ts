/** Messages read of one body; the rest is told as one refusal by the caller's limit of alerts. */
const FRAMES_MAX = 20_000

/**
 * The messages of a body: octet-counted frames (`83 <34>1 …`, RFC 6587, section 3.4.1), else one message a line. A count that does not fit what follows
 * is no count.
 */
export function framesOf(text: string): readonly string[] {
  return countedFrames(text) ?? text.split(/\r?\n|\0/).filter((line) => line.trim() !== '').slice(0, FRAMES_MAX)
}

function countedFrames(text: string): readonly string[] | null {
  if (!/^\d{1,7} </.test(text)) return null
  const bytes = Buffer.from(text)
  const frames: string[] = []
  let at = 0
  while (at < bytes.length && frames.length < FRAMES_MAX) {
    const space = bytes.indexOf(0x20, at)
    const digits = space < 0 || space - at > 7 ? '' : bytes.toString('latin1', at, space)
    if (!/^\d+$/.test(digits)) return isBlank(bytes, at) ? frames : null
    const end = space + 1 + Number(digits)
    if (end > bytes.length) return null
    const frame = bytes.toString('utf8', space + 1, end).trim()
    if (frame !== '') frames.push(frame)
    at = end
    // Some senders put a line break between frames as well.
    while (at < bytes.length && (bytes[at] === 0x0a || bytes[at] === 0x0d)) at++
  }
  return frames
}

function isBlank(bytes: Buffer, from: number): boolean {
  return bytes.toString('utf8', from, Math.min(bytes.length, from + 64)).trim() === ''
}
