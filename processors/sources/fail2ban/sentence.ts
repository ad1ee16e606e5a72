import type { AlertStatus } from '../../../schemas/records.ts'

/** What a sentence for people says. */
export interface Sentence {
  readonly ip: string | null
  readonly jail: string | null
  readonly host: string | null
  readonly status: AlertStatus | null
  /** True for the sentences about a jail's start and stop. */
  readonly isService: boolean
}

const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]{0,4}:[\da-f:.]{2,45})(\/\d{1,3})?$/i

/** Reads `[Fail2Ban] sshd: banned 198.51.100.7 from web-1`, and `The IP 198.51.100.7 has just been banned by Fail2Ban after 5 attempts against sshd on web-1`. */
export function readSentence(text: string | null): Sentence {
  const words = (text ?? '').slice(0, 2_048).split(/\s+/, 200).map((word) => word.replace(/^[[("'*`]{1,4}|[\])"'*`.,!;]{1,4}$/g, ''))
  const lower = words.map((word) => word.toLowerCase())
  const ip = words.find((word) => ADDRESS.test(word)) ?? null
  const status: AlertStatus | null = lower.some((word) => word === 'unban' || word === 'unbanned') ? 'resolved' : lower.some((word) => word === 'ban' || word === 'banned') ? 'firing' : null
  const isService = lower.includes('jail') && lower.some((word) => word === 'started' || word === 'stopped')
  return { ip, jail: jailOf(words, lower), host: after(words, lower, ip === null ? [] : ['from', 'on']), status, isService }
}

/** After `[Fail2Ban]` with a colon, after `against`, or after `jail`. */
function jailOf(words: readonly string[], lower: readonly string[]): string | null {
  const tagged = lower.indexOf('fail2ban') >= 0 ? words[lower.indexOf('fail2ban') + 1] : undefined
  if (tagged !== undefined && tagged.endsWith(':') && tagged.length > 1) return tagged.slice(0, -1)
  return after(words, lower, ['against', 'jail', 'jail:'])
}

function after(words: readonly string[], lower: readonly string[], names: readonly string[]): string | null {
  for (const name of names) {
    const index = lower.lastIndexOf(name)
    const word = index < 0 ? undefined : words[index + 1]
    if (word !== undefined && word !== '' && !ADDRESS.test(word) && word.toLowerCase() !== 'has') return word
  }
  return null
}
