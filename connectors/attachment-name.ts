/** Names of files as ticket systems get them. */
import { safeFileName } from './changes.ts'

const NAME_MAX = 100

/** A file's name with its token before the ending, so that a file that may have been written is known again: `report [t1].txt`. Nothing in it can be a path, a header or a command. */
export function attachmentName(name: string, token: string): string {
  const safe = safeFileName(name)
  const dot = safe.lastIndexOf('.')
  const ending = dot > 0 && safe.length - dot <= 10 ? safe.slice(dot) : ''
  const tail = ` [${token.replace(/[^\w-]+/g, '-')}]${ending}`
  const base = (ending === '' ? safe : safe.slice(0, dot)).slice(0, NAME_MAX - tail.length).replace(/[\ud800-\udbff]$/, '')
  return (base === '' ? 'file' : base) + tail
}
