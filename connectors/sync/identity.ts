/** Names that must be the same after every crash, repeat and restore: of tickets, notes, answers and commands. All are made of what they stand for. */
import { createHash } from 'node:crypto'

/** Crockford's alphabet: nothing in it is mistaken for something else when it is read aloud. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** How each note of ours begins. */
export const NOTE_HEAD = 'Alert Whisperer: '

function digest(...parts: readonly (string | number)[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

function base32(bytes: Buffer, characters: number): string {
  let [text, bits, held] = ['', 0, 0]
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5 && text.length < characters) {
      bits -= 5
      text += ALPHABET.charAt((held >> bits) & 31)
    }
    held &= (1 << bits) - 1
  }
  return text
}

/** A UUID made of a digest. */
function uuid(bytes: Buffer): string {
  const hex = bytes.subarray(0, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Our reference of a ticket, by which it is found in its PSA: `AW-` and 12 characters. */
export function externalRefOf(connectionId: string, incidentId: string, generation: number): string {
  return `AW-${base32(digest(connectionId, incidentId, generation), 12)}`
}

/** Our reference of a change request that a ticket asks for; the same one asked for twice has the same. */
export function changeRefOf(ticketId: string, ...what: readonly (string | null)[]): string {
  return `AW-${base32(digest('change', ticketId, JSON.stringify(what)), 12)}`
}

/** Id of the row of a ticket. */
export function ticketIdOf(connectionId: string, incidentId: string, generation: number): string {
  return uuid(digest('ticket', connectionId, incidentId, generation))
}

/** Stands at the end of a note, so that it is known again. */
export function noteTokenOf(ticketId: string, seq: number, part = ''): string {
  return `aw:${base32(digest('note', ticketId, seq, part), 10)}`
}

/** What a technician writes to answer a request for approval. */
export function approvalCodeOf(approvalId: string): string {
  return base32(digest('approval', approvalId), 8)
}

/** Id of the command that something seen in a ticket becomes; seen twice, it is one command. */
export function commandIdOf(ticketId: string, ...what: readonly (string | number)[]): string {
  return uuid(digest('command', ticketId, ...what))
}

/** Whether a text is a note of ours by its form: for PSAs that do not tell who wrote it. A reply that quotes one does not begin like one. */
export function isOurNote(text: string): boolean {
  return text.trimStart().startsWith(NOTE_HEAD) && /\[aw:[0-9A-HJKMNP-TV-Z]{10}\]\s*(<[^>]*>\s*)*$/.test(text)
}
