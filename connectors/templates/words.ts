/** Small words of tickets: what comes from alerts and models is hostile, and stands in one line, without anything invisible, and not longer than its place. */
import { start } from '../text.ts'

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]+/g

/** One line of at most so many characters; what is cut ends with `…`. */
export function line(text: string, max: number): string {
  const plain = text.replace(INVISIBLE, ' ').replace(/ {2,}/g, ' ').trim()
  return plain.length <= max ? plain : `${start(plain, max - 1)}…`
}

/** `2026-11-21 17:05 UTC`. */
export function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function span(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `80 %`. */
export const percent = (share: number): string => `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`

/** `1 alert`, `2 alerts`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
